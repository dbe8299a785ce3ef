"""Generic associations: a discriminator in the join, a table per association, built by declared_attr of a mixin."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, and_, event, inspect, select
from sqlalchemy.orm import (Session, backref, declarative_base, declared_attr, foreign, relationship, remote,
    selectinload)

Base = declarative_base()


class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))
    kind = Column(String(10))
    parent_id = Column(Integer)

    @property
    def parent(self):
        return getattr(self, "parent_" + self.kind)


class HasComments:
    pass


@event.listens_for(HasComments, "mapper_configured", propagate=True)
def setup(mapper, cls):
    kind = cls.__name__.lower()
    cls.comments = relationship(Comment, order_by=Comment.id,
        primaryjoin=and_(cls.id == foreign(remote(Comment.parent_id)), Comment.kind == kind),
        backref=backref("parent_" + kind, primaryjoin=remote(cls.id) == foreign(Comment.parent_id)),
        overlaps="comments,parent_post,parent_photo")
    event.listen(cls.comments, "append", lambda target, value, initiator: setattr(value, "kind", kind))


class HasTags:
    @declared_attr
    def tags(cls):
        link = Table(cls.__tablename__ + "_tags", cls.metadata,
            Column(cls.__tablename__ + "_id", ForeignKey(cls.__tablename__ + ".id"), primary_key=True),
            Column("tag_id", ForeignKey("tags.id"), primary_key=True))
        return relationship("Tag", secondary=link, order_by="Tag.name", backref=cls.__tablename__)


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(String(10))


class Post(HasComments, HasTags, Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String(10))


class Photo(HasTags, HasComments, Base):
    __tablename__ = "photos"
    id = Column(Integer, primary_key=True)
    path = Column(String(10))


e = engine()
Base.metadata.create_all(e)
forget()
post, photo = Post(title="p"), Photo(path="x.png")
say(sorted(inspect(Post).relationships.keys()), sorted(inspect(Comment).relationships.keys()))
say(sorted(Base.metadata.tables), Post.comments.property.primaryjoin, Comment.parent_photo.property.primaryjoin)
s = Session(e)
step("rows")
post.comments.append(Comment(text="nice"))
post.comments.append(Comment(text="bad"))
photo.comments.append(Comment(text="blurry"))
say(post.comments[0].kind, post.comments[0].parent is post, photo.comments[0].parent_photo is photo)
red = Tag(name="red")
post.tags.append(red)
photo.tags.append(red)
s.add_all([post, photo])
s.commit()
step("read")
say([c.text for c in post.comments], [c.text for c in photo.comments], red.posts, red.photos)
step("queries")
say(s.scalars(select(Post.title).where(Post.comments.any(Comment.text == "nice"))).all())
say(s.scalars(select(Comment.text).join(Comment.parent_photo).where(Photo.path == "x.png")).all())
say(s.scalars(select(Photo.path).join(Photo.tags).where(Tag.name == "red")).all())
step("eager")
s.expunge_all()
for p in s.scalars(select(Post).options(selectinload(Post.comments))):
    say(p.title, [c.text for c in p.comments], [t.name for t in p.tags])
step("move")
comment = p.comments[0]
p.comments.remove(comment)
s.get(Photo, 1).comments.append(comment)
s.commit()
say(comment.kind, comment.parent)
sql()
s.close()
