"""Tagging: one object per tag by the unique-object recipe, tags of several kinds of things, clouds, all-of, any-of."""
from parity import *
from sqlalchemy import (Column, ForeignKey, Integer, String, Table, and_, desc, distinct, event, except_, func,
                        inspect, intersect, literal, not_, select, union)
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.orm import (Session, aliased, backref, column_property, declarative_base, declared_attr, joinedload,
                            relationship, selectinload)

Base = declarative_base()


def unique(session, cls, **key):
    cache = session.info.setdefault("unique", {})
    token = (cls, tuple(sorted(key.items())))
    if token not in cache:
        with session.no_autoflush:
            found = session.scalars(select(cls).filter_by(**key)).first()
        if found is None:
            found = cls(**key)
            session.add(found)
        cache[token] = found
    return cache[token]


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    name = Column(String(20), unique=True, nullable=False)
    synonym_of_id = Column(ForeignKey("tag.id"))
    synonym_of = relationship("Tag", remote_side=id, backref=backref("synonyms", order_by=id))


class Tagged:
    @declared_attr
    def tags(cls):
        table = Table("%s_tag" % cls.__tablename__, Base.metadata,
                      Column("owner_id", ForeignKey("%s.id" % cls.__tablename__), primary_key=True),
                      Column("tag_id", ForeignKey("tag.id"), primary_key=True))
        cls.tag_table = table
        return relationship(Tag, secondary=table, order_by=Tag.name, backref=cls.__tablename__ + "s",
                            collection_class=set if cls.__name__ == "Photo" else list)

    @declared_attr
    def tag_names(cls):
        return association_proxy("tags", "name")


class Photo(Tagged, Base):
    __tablename__ = "photo"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))


class Note(Tagged, Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    title = Column(String(20))


sa.orm.configure_mappers()
Tag.photo_count = column_property(select(func.count(Photo.tag_table.c.owner_id))
                                  .where(Photo.tag_table.c.tag_id == Tag.id)
                                  .correlate_except(Photo.tag_table).scalar_subquery())
heard = []
for what in ("append", "remove", "bulk_replace"):
    event.listen(Photo.tags, what, lambda target, value, *a, what=what: heard.append(
        (what, target.title, value.name if isinstance(value, Tag) else sorted(t.name for t in value))))

e = engine()
Base.metadata.create_all(e)
say(sorted(Base.metadata.tables))
forget()
s = Session(e, expire_on_commit=False)


def tag(thing, *names):
    for name in names:
        t = unique(s, Tag, name=name)
        thing.tags.add(t) if isinstance(thing, Photo) else thing.tags.append(t)


step("tag")
sea, hill = Photo(title="sea"), Photo(title="hill")
s.add_all([sea, hill])
tag(sea, "blue", "blue")
s.flush()
tag(sea, "water")
s.flush()
tag(hill, "green")
memo = Note(title="memo")
s.add(memo)
tag(memo, "blue", "todo")
s.commit()
say(sorted(sea.tag_names), list(memo.tag_names), sorted(heard))
heard.clear()
blue = unique(s, Tag, name="blue")
say([x.title for x in blue.photos], [x.title for x in blue.notes], blue.photo_count)
step("replace")
water, green = unique(s, Tag, name="water"), unique(s, Tag, name="green")
sea.tags = {water, green}
say(sorted(heard), sorted(t.name for t in inspect(sea).attrs.tags.history.added),
    sorted(t.name for t in inspect(sea).attrs.tags.history.deleted))
heard.clear()
s.commit()
say([x.title for x in green.photos], blue.photos)
step("set operations")
sea.tags.update([blue])
sea.tags.difference_update([green])
sea.tags.discard(green)
say(sorted(sea.tag_names), "blue" in sea.tag_names, len(sea.tag_names), sorted(heard))
heard.clear()
s.commit()
step("cloud")
for row in s.execute(select(Tag.name, func.count(Photo.id).label("n")).outerjoin(Tag.photos).group_by(Tag.name)
                     .order_by(desc("n"), Tag.name)):
    say(row)
uses = union(select(Photo.tag_table.c.tag_id.label("tag_id"), literal("photo").label("kind"),
                    Photo.tag_table.c.owner_id),
             select(Note.tag_table.c.tag_id, literal("note"), Note.tag_table.c.owner_id)).subquery("uses")
for row in s.execute(select(Tag.name, func.count(uses.c.owner_id), func.count(distinct(uses.c.kind)))
                     .join(uses, uses.c.tag_id == Tag.id).group_by(Tag.name).order_by(Tag.name)):
    say(row)
step("any, all, none")
names = ["blue", "water"]
q = select(Photo.title).order_by(Photo.title)
say(s.scalars(q.where(Photo.tags.any(Tag.name.in_(names)))).all(), s.scalars(q.where(~Photo.tags.any())).all())
say(s.scalars(q.where(and_(*[Photo.tags.any(name=n) for n in names]))).all())
say(s.scalars(q.join(Photo.tags).where(Tag.name.in_(names)).group_by(Photo.id, Photo.title)
              .having(func.count(distinct(Tag.id)) == 2)).all())
say(s.scalars(q.where(Photo.tag_names == "green")).all(), s.scalars(q.where(Photo.tag_names.contains("water"))).all(),
    s.scalars(q.where(Photo.tag_names.like("w%"))).all())
say(s.scalars(q.where(Photo.tags.contains(blue), not_(Photo.tags.contains(green)))).all())
both = intersect(select(Photo.tag_table.c.tag_id), select(Note.tag_table.c.tag_id))
only = except_(select(Photo.tag_table.c.tag_id), select(Note.tag_table.c.tag_id))
say(s.scalars(select(Tag.name).where(Tag.id.in_(both))).all(),
    s.scalars(select(Tag.name).where(Tag.id.in_(only)).order_by(Tag.name)).all())
step("alike")
mine, theirs, other = aliased(Tag), aliased(Tag), aliased(Photo)
for row in s.execute(select(Photo.title, Tag.name, Note.title).join(Photo.tags).join(Tag.notes)):
    say(row)
step("synonyms")
s.add(Tag(name="azure", synonym_of=blue))
s.commit()
azure = s.scalars(select(Tag).where(Tag.name == "azure")).one()
tag(hill, "azure")
s.flush()
say([t.name for t in blue.synonyms], sorted(hill.tag_names))
target = aliased(Tag)
say(s.execute(select(Photo.title, func.coalesce(target.name, Tag.name)).join(Photo.tags)
              .outerjoin(target, Tag.synonym_of).order_by(Photo.title, Tag.name)).all())
step("merge two tags")
for photo in list(azure.photos):
    photo.tags.remove(azure)
    photo.tags.add(blue)
say(sorted(heard))
s.delete(azure)
s.commit()
say(sorted(x.title for x in blue.photos), blue.synonyms)
step("load")
s.expunge_all()
for photo in s.scalars(select(Photo).order_by(Photo.id).options(selectinload(Photo.tags).joinedload(Tag.synonym_of))):
    say(photo.title, sorted(photo.tag_names))
step("a tag in use goes")
s.delete(s.scalars(select(Tag).filter_by(name="water")).one())
s.commit()
say(s.scalar(select(func.count()).select_from(Photo.tag_table)))
error(lambda: s.add_all([Tag(name="x"), Tag(name="x")]) or s.commit())
s.rollback()
s.close()
sql()
