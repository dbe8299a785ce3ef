"""What inspect() tells: mappers, attributes of every kind, relationships, descriptors, histories, states."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, func, inspect, select
from sqlalchemy.ext.associationproxy import AssociationProxyExtensionType, association_proxy
from sqlalchemy.ext.hybrid import HybridExtensionType, hybrid_method, hybrid_property
from sqlalchemy.orm import (Session, aliased, attributes, class_mapper, column_property, composite, declarative_base,
                            deferred, object_mapper, relationship, synonym, with_polymorphic)

Base = declarative_base()
tagged = Table("tagged", Base.metadata, Column("doc_id", ForeignKey("doc.id"), primary_key=True),
               Column("tag_id", ForeignKey("tag.id"), primary_key=True))


class Size:
    def __init__(self, w, h):
        self.w, self.h = w, h

    def __composite_values__(self):
        return self.w, self.h

    def __eq__(self, other):
        return isinstance(other, Size) and (self.w, self.h) == (other.w, other.h)


class Doc(Base):
    __tablename__ = "doc"
    id = Column(Integer, primary_key=True)
    kind = Column(String(5))
    name = Column("doc_name", String(10), info={"shown": True})
    body = deferred(Column(String(10)), group="big")
    w = Column(Integer)
    h = Column(Integer)
    parent_id = Column(ForeignKey("doc.id"))
    size = composite(Size, w, h)
    area = column_property(w * h, info={"sum": 1})
    title = synonym("name")
    parent = relationship("Doc", remote_side=id, back_populates="parts", doc="the whole")
    parts = relationship("Doc", back_populates="parent", order_by=id, info={"x": 1})
    tags = relationship("Tag", secondary=tagged, back_populates="docs", lazy="selectin")
    words = association_proxy("tags", "word")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "doc"}

    @hybrid_property
    def upper(self):
        return self.name.upper()

    @upper.expression
    def upper(cls):
        return func.upper(cls.name)

    @hybrid_method
    def over(self, n):
        return self.w > n


class Scan(Doc):
    __tablename__ = "scan"
    id = Column(ForeignKey("doc.id"), primary_key=True)
    dpi = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "scan"}


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    word = Column(String(10))
    docs = relationship(Doc, secondary=tagged, back_populates="tags")


e = engine()
Base.metadata.create_all(e)
forget()
step("mappers")
for cls in (Doc, Scan, Tag):
    m = inspect(cls)
    say(cls, m.class_, m.local_table.name, [t.name for t in m.tables], m.polymorphic_identity, m.single, m.concrete)
    say(sorted(m.attrs.keys()), m.relationships.keys(), sorted(m.composites.keys()), sorted(m.synonyms.keys()))
    say(sorted(m.column_attrs.keys()), [c.name for c in m.primary_key], m.base_mapper.class_, m.inherits and m.inherits.class_)
    say([x.class_ for x in m.self_and_descendants], [x.class_ for x in m.iterate_to_root()], m.isa(inspect(Doc)))
    say(sorted(p.key for p in m.iterate_properties), sorted(m.all_orm_descriptors.keys()))
m = inspect(Doc)
say(m is class_mapper(Doc) is object_mapper(Scan()).inherits, m.polymorphic_map["scan"].class_, m.polymorphic_on.name)
say(m.has_property("nothing"), m.get_property("title").key, m.get_property_by_column(Doc.__table__.c.doc_name).key)
say(sorted(m.columns.keys()), m.c.name.name, m.columns["area"] is not None, inspect(Scan).c.dpi.table.name)
step("relationships")
for key, r in sorted(m.relationships.items()):
    say(key, r.key, r.direction.name, r.mapper.class_, r.parent.class_, r.entity.class_, r.uselist, r.lazy, r.back_populates)
    say([(str(a), str(b)) for a, b in r.local_remote_pairs], sorted(map(str, r.local_columns)), sorted(map(str, r.remote_side)))
    say(str(r.primaryjoin), str(r.secondaryjoin), r.secondary is not None and r.secondary.name, r.target.name, r.doc)
    say(r.viewonly, sorted(r.cascade), r.passive_deletes, r.post_update, r.order_by, r.collection_class, r.info)
step("attributes")
for a in (Doc.name, Doc.body, Doc.area, Doc.size, Doc.parts, Doc.title):
    p = a.property
    say(a.key, type(p).__name__ in ("ColumnProperty", "MappedSQLExpression", "MappedColumn"), a.class_, a.info,
        getattr(p, "deferred", None), getattr(p, "group", None))
say([c.name for c in Doc.size.property.columns], [c.name for c in m.attrs.name.columns], [p.key for p in Doc.size.property.props])
say(Doc.name.parent.class_, Doc.parts.parent.class_, Scan.name.class_, Scan.name.parent.class_, m.attrs["area"].expression)
d = m.all_orm_descriptors
say(d["upper"].extension_type is HybridExtensionType.HYBRID_PROPERTY, d.over.extension_type is
    HybridExtensionType.HYBRID_METHOD, d.words.extension_type is AssociationProxyExtensionType.ASSOCIATION_PROXY)
say(d.name.is_attribute, d.upper.is_attribute, d.name.extension_type.name, d.title.is_attribute)
al = aliased(Doc, name="dd")
say(inspect(al).mapper is m, inspect(al).name, inspect(al).is_aliased_class, inspect(al).class_)
wp = with_polymorphic(Doc, [Scan])
say([x.class_ for x in inspect(wp).with_polymorphic_mappers], inspect(wp).is_aliased_class, [x.class_ for x in m.with_polymorphic_mappers])
say(Doc.parts.of_type(Scan).property.key, Doc.parts.and_(Doc.w > 1).property.key, Doc.upper, Doc.words.attr[0].key)
step("states")
s = Session(e)
x = Scan(name="s", w=2, h=3, dpi=9, tags=[Tag(word="t")])
st = inspect(x)
say(st.mapper.class_, st.transient, st.identity, sorted(st.unloaded), st.class_, st.object is x)
say(st.attrs.name.value, st.attrs.body.loaded_value is sa.orm.attributes.NO_VALUE, st.attrs.keys() == m.attrs.keys())
s.add(x)
s.flush()
say(st.identity, st.identity_key[0], st.identity_key[1], st.persistent, st.has_identity, sorted(st.unloaded))
sql()
x.name = "n"
x.size = Size(5, 6)
x.tags.append(Tag(word="v"))
for key in ("name", "w", "size", "tags", "parent", "title"):
    error(lambda: say(key, [len(p or ()) for p in st.attrs[key].history], st.attrs[key].history.has_changes(),
                      st.attrs[key].history.empty()))
say(attributes.get_history(x, "name"), attributes.get_history(x, "body", passive=attributes.PASSIVE_NO_INITIALIZE))
say(attributes.get_history(x, "name").sum(), attributes.get_history(x, "name").non_deleted(),
    attributes.get_history(x, "name").non_added(), len(attributes.get_history(x, "tags").as_state()[0]))
say(st.attrs.parts.load_history(), st.attrs.body.load_history())
say(st.modified, sorted(st.committed_state), sorted(st.unmodified_intersection(["name", "dpi", "id"])))
sql()
s.commit()
say(st.expired, sorted(st.expired_attributes)[:3], inspect(x) is st, st.session is s)
say(x.area, st.expired, x.upper, x.over(1), list(x.words))
sql()
error(lambda: inspect(5))
say(inspect(5, raiseerr=False), inspect(Size, raiseerr=False))
error(lambda: m.get_property("nothing"))
