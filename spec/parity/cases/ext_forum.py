"""A forum: threads of replies by a recursive query, counters, moderation by soft delete, last posts by windows."""
from parity import *
from sqlalchemy import (Boolean, Column, ForeignKey, Index, Integer, String, and_, case, desc, event, exists, func,
                        literal, select, update)
from sqlalchemy.orm import (Session, aliased, contains_eager, declarative_base, joinedload, relationship,
                            selectinload, subqueryload, with_loader_criteria, with_parent)

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    nick = Column(String(20), unique=True)
    posts = relationship("Post", back_populates="author", lazy="write_only", passive_deletes=True)
    karma = Column(Integer, default=0, server_default="0")


class Board(Base):
    __tablename__ = "board"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    threads = relationship("Post", primaryjoin="and_(Board.id == Post.board_id, Post.parent_id == None)",
                           order_by="Post.id", back_populates="board")
    all_posts = relationship("Post", viewonly=True, order_by="Post.id")


class Post(Base):
    __tablename__ = "post"
    __table_args__ = (Index("ix_board_parent", "board_id", "parent_id"),)
    id = Column(Integer, primary_key=True)
    board_id = Column(ForeignKey("board.id"), nullable=False)
    parent_id = Column(ForeignKey("post.id"))
    author_id = Column(ForeignKey("users.id", ondelete="SET NULL"))
    body = Column(String(50))
    hidden = Column(Boolean, default=False, nullable=False)
    replies_count = Column(Integer, default=0)
    board = relationship(Board, back_populates="threads")
    author = relationship(User, back_populates="posts")
    parent = relationship("Post", remote_side=id, back_populates="replies")
    replies = relationship("Post", back_populates="parent", order_by=id, cascade="all", join_depth=3)


@event.listens_for(Post, "after_insert")
def count(mapper, connection, target):
    if target.parent_id is not None:
        table = Post.__table__
        connection.execute(table.update().where(table.c.id == target.parent_id)
                           .values(replies_count=table.c.replies_count + 1))


@event.listens_for(Post.parent, "set")
def same_board(target, value, oldvalue, initiator):
    if value is not None:
        target.board_id = value.board_id


def tree(post, depth=0):
    say("%s%s %s" % ("." * depth, post.body, post.author.nick if post.author else "-"))
    for reply in post.replies:
        tree(reply, depth + 1)


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e, expire_on_commit=False)
step("write")
ann, bob = User(nick="ann"), User(nick="bob")
general = Board(name="general")
s.add_all([ann, bob, general])
s.flush()
first = Post(board=general, author=ann, body="hello")
s.add(first)
s.flush()
for author, body in ((bob, "hi ann"), (ann, "hi bob")):
    s.add(Post(parent=first, author=author, body=body))
    s.flush()
say(first.replies_count, len(first.replies), [x.board_id for x in first.replies])
deep = Post(parent=first.replies[1], author=bob, body="deep")
s.add(deep)
s.add(Post(board=general, author=bob, body="second"))
s.commit()
s.refresh(first)
s.refresh(deep.parent)
say(first.replies_count, deep.parent.replies_count, [t.body for t in general.threads])
step("tree")
s.expunge_all()
tree(s.scalars(select(Post).where(Post.parent_id.is_(None)).order_by(Post.id)
               .options(selectinload(Post.replies, recursion_depth=-1), joinedload(Post.author))).first())
step("recursive query")
top = select(Post.id, Post.body, literal(0).label("depth")).where(Post.parent_id.is_(None)).cte(
    "thread", recursive=True)
child = aliased(Post)
thread = top.union_all(select(child.id, child.body, top.c.depth + 1).join(top, child.parent_id == top.c.id))
for row in s.execute(select(thread).order_by(thread.c.depth, thread.c.id)):
    say(row.id, row.body, row.depth)
as_post = aliased(Post, select(Post).join(thread, thread.c.id == Post.id).where(thread.c.depth > 0).subquery())
say([x.body for x in s.scalars(select(as_post).order_by(as_post.id))])
step("last posts")
rank = func.row_number().over(partition_by=Post.author_id, order_by=desc(Post.id)).label("rank")
sub = select(Post, rank).subquery()
last = aliased(Post, sub)
for post, n in s.execute(select(last, sub.c.rank).where(sub.c.rank <= 2).order_by(last.author_id, sub.c.rank)):
    say(post.author_id, post.body, n)
step("a write-only collection")
ann = s.scalars(select(User).filter_by(nick="ann")).one()
say([x.body for x in s.scalars(ann.posts.select().order_by(Post.id).limit(1))])
ann.posts.add(Post(board_id=1, body="third"))
s.flush()
say(s.scalar(select(func.count()).select_from(ann.posts.select().subquery())))
s.execute(ann.posts.update().values(body=Post.body + "!"))
say(s.scalars(select(Post.body).where(with_parent(ann, User.posts)).order_by(Post.id)).all())
step("moderate")
s.commit()
s.expunge_all()
s.execute(update(Post).where(Post.body == "hi ann").values(hidden=True))
visible = with_loader_criteria(Post, lambda cls: cls.hidden == False, include_aliases=True)
tree(s.scalars(select(Post).where(Post.id == 1).options(visible, selectinload(Post.replies, recursion_depth=2))).one())
say(s.scalar(select(func.count(Post.id)).options(visible)), s.scalar(select(func.count(Post.id))))
step("who answered whom")
answer, question = aliased(Post), aliased(Post)
asker, teller = aliased(User), aliased(User)
for row in s.execute(select(asker.nick, teller.nick, func.count(answer.id)).select_from(answer)
                     .join(answer.parent.of_type(question)).join(question.author.of_type(asker))
                     .join(answer.author.of_type(teller)).group_by(asker.nick, teller.nick)
                     .order_by(asker.nick, teller.nick)):
    say(row)
say(s.scalars(select(User.nick).where(~User.posts.any(Post.replies.any())).order_by(User.nick)).all())
say(s.scalars(select(User.nick).where(exists().where(Post.author_id == User.id, Post.hidden))).all())
step("boards with their visible threads")
s.expunge_all()
board = s.scalars(select(Board).join(Board.threads).where(Post.hidden.is_(False)).order_by(Post.id.desc())
                  .options(contains_eager(Board.threads).subqueryload(Post.replies))).unique().one()
say([(t.body, [r.body for r in t.replies]) for t in board.threads])
say([x.id for x in board.all_posts])
step("a user goes")
bob = s.scalars(select(User).filter_by(nick="bob")).one()
s.delete(bob)
s.flush()
if not is_postgresql:
    s.execute(update(Post).where(Post.author_id == 2).values(author_id=None))
s.commit()
say(s.execute(select(case((Post.author_id.is_(None), "nobody"), else_="somebody").label("who"), func.count())
              .group_by("who").order_by("who")).all())
step("a thread goes")
s.delete(s.get(Post, 1))
s.commit()
say(s.scalars(select(Post.body)).all())
s.close()
sql()
