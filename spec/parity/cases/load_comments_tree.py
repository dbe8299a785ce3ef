"""A tree: join_depth and recursion_depth, aliases of parents and children, contains_eager over two levels, recursive CTEs with
entities, eager chains along themselves and loops back to the root."""
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(20))
    comments = relationship("Comment", back_populates="author", order_by="Comment.id")


class Comment(Base):
    __tablename__ = "comment"
    id = mapped_column(Integer, primary_key=True)
    text = mapped_column(String(20))
    parent_id = mapped_column(ForeignKey("comment.id"))
    author_id = mapped_column(ForeignKey("author.id"))
    author = relationship(Author, back_populates="comments")
    replies = relationship("Comment", back_populates="parent", order_by="Comment.id")
    parent = relationship("Comment", back_populates="replies", remote_side=id)
    deep = relationship("Comment", viewonly=True, lazy="joined", join_depth=2, order_by="Comment.id",
                        overlaps="replies,parent")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    a = [Author(id=1, name="ann"), Author(id=2, name="bob")]
    s.add_all(a)
    s.flush()
    for i, parent in [(1, None), (2, 1), (3, 1), (4, 2), (5, 4), (6, None), (7, 6), (8, 5)]:
        s.add(Comment(id=i, text="c%d" % i, parent_id=parent, author_id=1 + i % 2))
        s.flush()
    s.commit()
forget()


def loaded(c, depth=0):
    st = inspect(c)
    say("%s%s" % (".." * depth, c.text), sorted(st.unloaded))
    if "replies" not in st.unloaded and depth < 6:
        for r in c.replies:
            loaded(r, depth + 1)


roots = select(Comment).where(Comment.parent_id.is_(None)).order_by(Comment.id)


def show(title, *options, stmt=None):
    step(title)
    with Session(e) as s:
        got = s.scalars((roots if stmt is None else stmt).options(*options)).unique().all()
        sql()
        for c in got:
            loaded(c)
        sql()
    forget()


no = lazyload(Comment.deep)
show("join depth")
show("off", no)
show("selectin once", selectinload(Comment.replies), lazyload("*"))
show("selectin depth", selectinload(Comment.replies, recursion_depth=2), no)
show("selectin for ever", selectinload(Comment.replies, recursion_depth=-1), no)
show("immediate depth", immediateload(Comment.replies, recursion_depth=1), no)
show("joined chain", joinedload(Comment.replies).joinedload(Comment.replies), no)
show("mixed chain", joinedload(Comment.replies).selectinload(Comment.replies), no)
show("up", joinedload(Comment.parent).joinedload(Comment.parent), no, stmt=select(Comment).where(Comment.id.in_([5, 8])).order_by(Comment.id))
show("there and back", selectinload(Comment.replies).joinedload(Comment.parent), no)
show("through authors", selectinload(Comment.author).selectinload(Author.comments), no)
show("limit", joinedload(Comment.replies).joinedload(Comment.author), no, stmt=roots.limit(1).offset(1))
r1 = aliased(Comment, name="r1")
r2 = aliased(Comment, name="r2")
show("contains eager two levels", contains_eager(Comment.replies.of_type(r1)).contains_eager(r1.replies.of_type(r2)), no,
     stmt=roots.outerjoin(Comment.replies.of_type(r1)).outerjoin(r1.replies.of_type(r2)).order_by(r1.id, r2.id))
show("contains eager then selectin", contains_eager(Comment.replies.of_type(r1)).selectinload(r1.replies), no,
     stmt=select(Comment).join(Comment.replies.of_type(r1)).where(r1.id > 2).order_by(Comment.id, r1.id))
step("joins")
with Session(e) as s:
    p = aliased(Comment)
    g = aliased(Comment)
    say(s.execute(select(Comment.text, p.text).join(Comment.parent.of_type(p)).order_by(Comment.id)).all())
    say(s.execute(select(Comment.text, p.text, g.text).join(p, Comment.parent).outerjoin(g, p.parent).order_by(Comment.id)).all())
    say(s.execute(select(p.text, func.count(Comment.id)).join(p.replies).group_by(p.text).order_by(p.text)).all())
    say(s.scalars(select(Comment.text).where(Comment.replies.any(Comment.author_id == 1)).order_by(Comment.id)).all())
    say(s.scalars(select(Comment.text).where(~Comment.replies.any()).order_by(Comment.id)).all())
    say(s.scalars(select(Comment.text).where(Comment.parent.has(Comment.parent == None)).order_by(Comment.id)).all())
    say(s.scalars(select(p.text).where(p.parent.has(Comment.text == "c2"))).all())
    c4 = s.get(Comment, 4, options=[no])
    say(s.scalars(select(Comment.text).where(with_parent(c4, Comment.replies))).all())
    say(s.scalars(select(p.text).where(p.replies.contains(c4))).all())
    say(s.scalars(select(Comment.text).where(Comment.parent == c4)).all())
    sql()
step("recursive")
with Session(e) as s:
    tree = select(Comment.id, literal(0).label("level")).where(Comment.id == 1).cte("tree", recursive=True)
    tree = tree.union_all(select(Comment.id, tree.c.level + 1).join(tree, Comment.parent_id == tree.c.id))
    say([(c.text, n) for c, n in s.execute(select(Comment, tree.c.level).join(tree, tree.c.id == Comment.id).options(no)
                                          .order_by(tree.c.level, Comment.id))])
    sql()
    up = select(Comment).where(Comment.id == 8).cte("up", recursive=True)
    pa = aliased(Comment)
    up = up.union(select(pa).join(up, up.c.parent_id == pa.id))
    top = aliased(Comment, up)
    say([c.text for c in s.scalars(select(top).order_by(top.id).options(lazyload(top.deep), joinedload(top.author))).unique()])
    sql()
step("moving")
with Session(e) as s:
    c1 = s.scalars(select(Comment).where(Comment.id == 1).options(selectinload(Comment.replies), no)).one()
    c6 = s.get(Comment, 6)
    c1.replies[0].parent = c6
    say([r.id for r in c1.replies], [r.id for r in c6.replies], [r.id for r in c6.deep])
    s.flush()
    s.refresh(c6)
    say([r.id for r in c6.replies], [r.id for r in c6.deep])
    s.rollback()
    say([r.id for r in c1.replies])
    forget()
