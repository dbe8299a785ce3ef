"""Correlation at depth: any and has inside each other, on aliases, on itself, in columns, in DML."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, and_, delete, exists, func, not_, or_, select, update, true
from sqlalchemy.orm import Session, aliased, declarative_base, relationship, with_parent

Base = declarative_base()


class Dir(Base):
    __tablename__ = "dirs"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    up_id = Column(ForeignKey("dirs.id"))
    up = relationship("Dir", remote_side=[id], back_populates="subs")
    subs = relationship("Dir", back_populates="up", order_by="Dir.id")
    files = relationship("File", back_populates="dir", order_by="File.id")


class File(Base):
    __tablename__ = "files"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    size = Column(Integer)
    dir_id = Column(ForeignKey("dirs.id"))
    dir = relationship("Dir", back_populates="files")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add(Dir(id=1, name="root", files=[File(id=1, name="a", size=1)], subs=[
        Dir(id=2, name="bin", files=[File(id=2, name="b", size=20), File(id=3, name="c", size=30)]),
        Dir(id=3, name="etc", subs=[Dir(id=4, name="ssh", files=[File(id=4, name="key", size=4)])])]))
    s.commit()
forget()
s = Session(e)


def dirs(*where):
    say([d.name for d in s.scalars(select(Dir).where(*where).order_by(Dir.id))])


step("nested")
dirs(Dir.subs.any(Dir.files.any(name="key")))
dirs(Dir.subs.any(Dir.subs.any()))
dirs(Dir.up.has(Dir.up.has(name="root")))
dirs(Dir.files.any(File.dir.has(name="bin")))
dirs(and_(Dir.files.any(File.size > 10), ~Dir.files.any(File.size > 100)))
dirs(or_(~Dir.files.any(), Dir.up == None))
dirs(not_(or_(Dir.subs.any(), Dir.files.any(File.size < 10))))
step("aliases")
sub, other = aliased(Dir, name="sub"), aliased(Dir)
dirs(Dir.subs.of_type(sub).any(sub.name.like("s%")))
dirs(Dir.subs.of_type(sub).any(sub.files.any(File.size == 20)))
say(s.execute(select(Dir.name, sub.name).join(Dir.subs.of_type(sub)).where(sub.files.any()).order_by(sub.id)).all())
say(s.execute(select(other.name).where(other.up.has(Dir.name == "etc"))).all())
say(s.execute(select(sub.name).where(sub.up.of_type(other).has(other.name == "root")).order_by(sub.id)).all())
step("exists by hand")
dirs(exists().where(File.dir_id == Dir.id, File.size > func.length(Dir.name)))
dirs(select(File.id).where(File.dir_id == Dir.id).where(File.size == select(func.max(File.size))
    .scalar_subquery()).exists())
dirs(exists(select(sub.id).where(sub.up_id == Dir.id)))
dirs(~exists(select(sub.id).where(sub.up_id == Dir.id)), Dir.up_id.is_not(None))
step("in columns")
full, same = Dir.files.any().label("full"), exists().where(File.dir_id == Dir.id).label("same")
say(s.execute(select(Dir.name, full, same).order_by(Dir.id)).all())
biggest = select(File.name).where(File.dir_id == Dir.id).order_by(File.size.desc()).limit(1).scalar_subquery()
say(s.execute(select(Dir.name, biggest.label("biggest")).order_by(Dir.id)).all())
count = select(func.count(File.id)).where(File.dir_id == Dir.id).scalar_subquery()
say(s.execute(select(Dir.name).where(count >= 1).order_by(count.desc(), Dir.id)).all())
say(s.execute(select(func.sum(select(func.sum(File.size)).where(File.dir_id == Dir.id).correlate(Dir)
    .scalar_subquery()))).all())
step("levels of correlation")
inner = select(File.size).where(File.dir_id == Dir.id).correlate(Dir).scalar_subquery()
say(str(select(Dir.name).where(exists().where(sub.up_id == Dir.id, sub.id > inner))))
say(str(select(Dir.name).where(select(sub.id).where(sub.up_id == Dir.id,
    sub.id.in_(select(File.dir_id).where(File.name == sub.name))).exists())))
say(str(select(File.name).where(File.dir.has(Dir.subs.any(Dir.name == File.name)))))
step("with_parent")
root = s.get(Dir, 1)
dirs(with_parent(root, Dir.subs))
dirs(with_parent(root, Dir.subs), Dir.files.any())
say([f.name for f in s.scalars(select(File).where(with_parent(root, Dir.files)))])
say([d.name for d in s.scalars(select(Dir).where(with_parent(root.subs[1].subs[0], Dir.up)))])
step("the object as a value")
dirs(Dir.up == root)
dirs(Dir.up != root)
dirs(Dir.subs.contains(s.get(Dir, 4)))
dirs(~Dir.subs.contains(s.get(Dir, 4)))
say([f.name for f in s.scalars(select(File).join(File.dir).where(Dir.up == root).order_by(File.id))])
step("in update and delete")
s.execute(update(File).where(File.dir.has(name="bin")).values(size=File.size + 1))
say(s.execute(select(File.size).order_by(File.id)).all())
s.execute(update(Dir).where(Dir.files.any(File.size > 30)).values(name="big"))
say(s.scalars(select(Dir.name).order_by(Dir.id)).all())
say(s.execute(delete(File).where(exists().where(Dir.id == File.dir_id, Dir.name == "ssh"))).rowcount)
s.execute(update(Dir).values(name=select(func.max(File.name)).where(File.dir_id == Dir.id)
    .scalar_subquery()).where(Dir.files.any()), execution_options={"synchronize_session": False})
say(s.execute(select(Dir.name).order_by(Dir.id)).all())
s.rollback()
step("end")
