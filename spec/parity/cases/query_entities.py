"""Entities, columns, bundles and aliases in one select; how rows answer by position, label, column and entity."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, case, func, literal, literal_column, select, text, type_coerce
from sqlalchemy.orm import Bundle, Session, aliased, declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(30))
    mail = Column("email_address", String(50))
    posts = relationship("Post", back_populates="user", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String(30))
    user_id = Column(ForeignKey("users.id"))
    user = relationship("User", back_populates="posts")


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    s.add_all([User(id=1, name="ann", mail="ann@x", posts=[Post(id=1, title="p1"), Post(id=2, title="p2")]),
               User(id=2, name="bob", posts=[Post(id=3, title="p3")]), User(id=3, name="cid", mail="cid@x")])
    s.commit()
forget()
s = Session(e)

step("one entity")
rows = s.execute(select(User).order_by(User.id)).all()
say(rows[0], rows[0].User.name, rows[0][0].name, rows[0]._mapping[User].name, list(rows[0]._mapping.keys()))
step("entity and columns")
row = s.execute(select(User, Post.title, Post.id, User.id).join(User.posts).order_by(Post.id)).first()
say(list(row._mapping.keys()), row.title, row._mapping[Post.title], row._mapping[User].name, row._mapping[Post.id],
    row._mapping[User.id])
step("the same entity twice")
row = s.execute(select(User, User).order_by(User.id)).first()
say(len(row), row[0] is row[1], list(row._mapping.keys()))
step("aliases by name")
u2 = aliased(User, name="other")
u3 = aliased(User)
row = s.execute(select(User, u2, u3.name).where(u2.id == User.id + 1, u3.id == u2.id + 1).order_by(User.id)).first()
say(list(row._mapping.keys()), row.User.name, row.other.name, row._mapping[u2].name, row._mapping[u3.name])
step("labels and expressions")
stmt = select(
    User.name.label("who"), func.count(Post.id).label("n"), func.max(Post.title), (User.id + 10), literal("x").label("lit"),
    case((User.mail.is_(None), "none"), else_="some").label("kind"), literal_column("1").label("one"),
).outerjoin(User.posts).group_by(User.id, User.name, User.mail).order_by(User.id)
for each in s.execute(stmt):
    say(each, each.who, each.n, each.kind, each.one, each._mapping["n"])
say(list(s.execute(stmt).keys()))
step("a column whose attribute has another name")
row = s.execute(select(User.mail, User.__table__.c.email_address).order_by(User.id)).first()
say(list(row._mapping.keys()), row.mail)
row = s.execute(select(User.__table__).order_by(User.__table__.c.id)).first()
say(row, list(row._mapping.keys()), row.email_address)
step("bundles")
b = Bundle("info", User.name, User.mail)
row = s.execute(select(b, Post.title).join(User.posts).order_by(Post.id)).first()
say(row.info, row.info.name, row.info.mail, row[0][1], row.title, list(row._mapping.keys()))
say([r.info.name for r in s.execute(select(b).where(b.c.name != "bob").order_by(b.c.name.desc()))])
single = Bundle("one", User.id, User.name.label("label"), single_entity=True)
say([[x.id, x.label] for x in s.scalars(select(single).order_by(User.id))])
nested = Bundle("outer", User.id, Bundle("inner", Post.title, Post.id))
row = s.execute(select(nested).join(User.posts).order_by(Post.id)).first()
say(row.outer.id, row.outer.inner.title, row.outer.inner.id)


step("column_descriptions")
for d in select(User, u2, Post.title, func.count(Post.id).label("n"), b).column_descriptions:
    say(d["name"], d["aliased"], d["entity"] is User, d["entity"] is u2, d["entity"] is Post)
step("get_final_froms, selected_columns")
stmt = select(User.id, User.mail, Post.title).join(Post, Post.user_id == User.id)
say(stmt.selected_columns.keys())
say(str(stmt))
say([f is User.__table__ for f in select(User).get_final_froms()])
step("with_only_columns, add_columns")
base = select(User).where(User.id < 3).order_by(User.id)
say(s.execute(base.with_only_columns(User.name)).all())
say([[u.name, n] for u, n in s.execute(base.add_columns(func.length(User.name)))])
say(s.scalar(base.order_by(None).with_only_columns(func.count(User.id))))
say(s.scalar(select(func.count()).select_from(base.subquery())))
step("filter_by")
say([u.name for u in s.scalars(select(User).filter_by(name="ann"))])
say([u.name for u in s.scalars(select(User).join(User.posts).filter_by(title="p2"))])
error(lambda: select(User).filter_by(nothing=1))
step("scalars of rows")
say(s.scalars(select(User.name, User.id).order_by(User.id)).all())
say(s.scalar(select(User.name).where(User.id == 99)), s.scalar(select(User).where(User.id == 2)).name)
step("duplicates")
row = s.execute(select(User.id, Post.id).join(User.posts).order_by(Post.id.desc())).first()
say(row, list(row._mapping.keys()))
row = s.execute(select(User.id, Post.id).join(User.posts).order_by(Post.id.desc())
    .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)).first()
say(row, list(row._mapping.keys()))
step("identity")
twin = aliased(User, name="twin")
a = s.execute(select(User, twin).where(User.id == twin.id).order_by(User.id)).first()
say(a[0] is a[1], a[0] is s.get(User, 1))
step("end")
