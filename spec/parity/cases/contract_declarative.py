"""The declarative base: naming convention, a class of its own, mixins, table arguments, names, methods, validation."""
from parity import *
from sqlalchemy import (CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, MetaData, String,
                        UniqueConstraint, func, inspect, select)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Session, declarative_base, relationship, validates
from sqlalchemy.schema import CreateIndex, CreateTable


class Common:
    def describe(self):
        return "%s of %s" % (type(self).__name__, self.__tablename__)

    def loud(self):
        return self.describe().upper()


metadata = MetaData(naming_convention={
    "ix": "ix_%(column_0_label)s", "uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s"})
Base = declarative_base(metadata=metadata, cls=Common)


class Timestamps:
    created_at = Column(DateTime, server_default=func.now())
    updated_at = Column(DateTime, onupdate=func.now())


class Ranked:
    rank = Column(Integer, default=10, nullable=False)


class User(Timestamps, Ranked, Base):
    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email_address", name="uq_user_email"),
                      CheckConstraint("length(first) > 1", name="first"), Index(None, "last", "first"))
    id = Column(Integer, primary_key=True)
    first = Column(String(50), nullable=False)
    last = Column(String(50), nullable=False)
    email = Column("email_address", String(255))
    posts = relationship("Post", back_populates="author", cascade="all, delete-orphan", order_by="Post.id")

    @hybrid_property
    def name(self):
        return self.first + " " + self.last

    @validates("email")
    def check_email(self, key, value):
        say("  validate", key, value)
        if "@" not in value:
            raise ValueError("invalid email: " + value)
        return value.lower()

    def greet(self):
        return "hello, " + self.name

    def loud(self):
        return "! " + super().loud()


class Post(Ranked, Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String(80), index=True, unique=True)
    author_id = Column(ForeignKey("users.id"), index=True)
    author = relationship(User, back_populates="posts")


e = engine()
step("tables")
for table in metadata.sorted_tables:
    say([c.name for c in table.c], [c.key for c in inspect(table).primary_key])
    say(CreateTable(table))
    for name in sorted(i.name for i in table.indexes):
        say(next(CreateIndex(i) for i in table.indexes if i.name == name))
say(User.__table__.name, User.__tablename__, User.__mapper__.class_.__name__, User.__table__.c.email_address.type)
say(inspect(User).attrs.keys(), inspect(User).column_attrs.keys(), inspect(User).relationships.keys())
say(Base.metadata is metadata, User.metadata is metadata, sorted(metadata.tables))
metadata.create_all(e)
forget()
step("objects")
ann = User(first="Ann", last="Lee", email="Ann@Example.org")
say(ann.email, ann.name, ann.greet(), ann.describe(), ann.loud(), Post().describe(), Post().loud())
ann.posts = [Post(title="one")]
ann.posts.append(Post(title="two"))
say(ann.rank, ann.created_at, ann.posts[1].author is ann, len(ann.posts))
refused(lambda: User(first="x", email="nobody"))
refused(lambda: User(firts="x"))
session = Session(e)
session.add(ann)
session.commit()
step("loaded")
user = session.scalars(select(User).where(User.name == "Ann Lee")).one()
say(user is ann, user.email, user.rank, user.created_at is None, user.updated_at is None)
user.email = "LEE@example.org"
session.commit()
say(user.email, user.updated_at is None, [p.title for p in user.posts], [p.rank for p in user.posts])
say(select(User.name, User.email).where(User.email.like("%@example.org")))
step("broken rules")
error(lambda: user.posts.append(Post(title="one")) or session.commit())
session.rollback()
say(len(user.posts))
session.add(User(first="A", last="B", email="c@d"))
error(session.commit)
session.rollback()
session.add(User(first="Al", last="B", email="lee@example.org"))
say(isinstance(error(session.flush), IntegrityError))
session.rollback()
session.add(User(first="Al", last=None))
error(session.flush)
session.rollback()
step("removal")
user.posts.remove(user.posts[0])
session.commit()
session.delete(user)
session.commit()
say(session.scalar(select(func.count()).select_from(Post)))
sql()
