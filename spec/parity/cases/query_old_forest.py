# The legacy Query over a hierarchy: entities added and taken away, aliases, unions, counts, deletes, iteration.
from parity import *
from sqlalchemy import Column, Integer, String, ForeignKey, func
from sqlalchemy.orm import declarative_base, relationship, Session, aliased, joinedload, with_polymorphic

Base = declarative_base()


class Zone(Base):
    __tablename__ = "zone"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    plants = relationship("Plant", back_populates="zone", order_by="Plant.id")


class Plant(Base):
    __tablename__ = "plant"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    name = Column(String(20))
    zone_id = Column(ForeignKey("zone.id"))
    zone = relationship("Zone", back_populates="plants")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "plant"}


class Tree(Plant):
    __tablename__ = "tree"
    id = Column(ForeignKey("plant.id"), primary_key=True)
    height = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "tree"}


eng = engine()
Base.metadata.create_all(eng)
s = Session(eng)
north, south = Zone(name="north"), Zone(name="south")
s.add_all([Tree(name="oak", height=30, zone=north), Plant(name="moss", zone=north), Tree(name="palm", height=12,
           zone=south), Plant(name="fern"), Tree(name="fir", height=25, zone=north)])
s.commit()
forget()
step("get, first, one, count")
say(s.query(Tree).get(1).name, s.query(Plant).filter_by(name="moss").one().kind, s.query(Tree).count())
say(s.query(Plant).order_by(Plant.name).first().name, s.query(Zone).filter(Zone.id == 9).first())
error(lambda: s.query(Plant).filter(Plant.zone_id == 1).one())
error(lambda: s.query(Plant).filter(Plant.id == 99).one())
say(s.query(func.max(Tree.height)).scalar(), s.query(Plant.name).filter(Plant.zone == None).scalar())
step("columns and entities")
q = s.query(Plant).join(Plant.zone).order_by(Plant.id)
say(q.with_entities(Plant.name, Zone.name).all())
say(q.add_columns(Zone.name.label("where")).filter(Zone.name == "south").all()[0].where)
say([(z.name, n) for z, n in s.query(Zone, func.count(Plant.id)).outerjoin(Zone.plants).group_by(Zone.id, Zone.name)
     .order_by(Zone.id)])
say([(p.name, h) for p, h in s.query(Plant, Tree.height).join(Tree, Tree.id == Plant.id).order_by(Tree.height)])
step("slices and iteration")
q = s.query(Plant.name).order_by(Plant.name)
say(q[1:3], q.slice(0, 2).all(), q.limit(1).offset(3).all())
for row in q.filter(Plant.name.like("f%")):
    say(row.name)
step("aliases and subqueries")
sub = s.query(Plant.zone_id, func.count("*").label("n")).group_by(Plant.zone_id).subquery()
say(s.query(Zone.name, sub.c.n).outerjoin(sub, sub.c.zone_id == Zone.id).order_by(Zone.name).all())
A = aliased(Plant)
say(s.query(Plant.name, A.name).join(A, A.zone_id == Plant.zone_id).filter(Plant.id < A.id).order_by(Plant.id, A.id)
    .all())
say(s.query(Zone.name).filter(s.query(Tree).filter(Tree.zone_id == Zone.id, Tree.height > 20).exists()).all())
say([z.name for z in s.query(Zone).filter(Zone.plants.any(Plant.kind == "plant"))])
step("unions")
a, b = s.query(Plant).filter(Plant.name == "oak"), s.query(Plant).filter(Plant.zone_id == None)
say(sorted(p.name for p in a.union(b)), a.union_all(b).count(), [p.name for p in a.union(b).order_by(Plant.name)])
step("options")
s.expunge_all()
W = with_polymorphic(Plant, [Tree])
for p in s.query(W).options(joinedload(W.zone)).order_by(W.id):
    say(p.name, p.zone.name if p.zone else None, p.height if isinstance(p, Tree) else None)
say(s.query(Plant).filter(Plant.id == 1).populate_existing().one().name)
step("bulk")
tree = s.query(Tree).filter_by(name="fir").one()
say(s.query(Plant).filter(Plant.name == "fir").update({"name": "pine"}), tree.name)
say(s.query(Plant).filter(Plant.name == "fern").delete(), s.query(Plant).count())
say(s.query(Plant).filter(Plant.kind == "plant").update({Plant.name: Plant.name + "y"}, synchronize_session=False))
say(s.query(Plant.name).order_by(Plant.id).all())
s.rollback()
step("misuse")
error(lambda: s.query(Plant).limit(1).filter(Plant.id == 1))
error(lambda: s.query(Plant).limit(1).update({"name": "x"}))
error(lambda: s.query(Plant).filter_by(nope=1))
error(lambda: s.query(Plant).filter(Plant.id == 1).get(1))
error(lambda: s.query(Zone).join(Tree.zone).all())
step("end")
s.close()
