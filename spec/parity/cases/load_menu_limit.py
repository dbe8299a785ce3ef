# Joined loading under LIMIT, DISTINCT and GROUP BY, of a tree with its depth, along inner joins.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Dish(Base):
    __tablename__ = "dish"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    price = Column(Integer)
    kind_id = Column(ForeignKey("kind.id"), nullable=False)
    kind = relationship("Kind", lazy="joined", innerjoin=True)
    steps = relationship("Step", order_by="Step.no", lazy="joined")
    reviews = relationship("Review", order_by="Review.id.desc()")


class Kind(Base):
    __tablename__ = "kind"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    parent_id = Column(ForeignKey("kind.id"))
    children = relationship("Kind", lazy="joined", join_depth=2, order_by="Kind.id",
        backref=backref("parent", remote_side=id))


class Step(Base):
    __tablename__ = "step"
    id = Column(Integer, primary_key=True)
    no = Column(Integer)
    dish_id = Column(ForeignKey("dish.id"))


class Review(Base):
    __tablename__ = "review"
    id = Column(Integer, primary_key=True)
    stars = Column(Integer)
    dish_id = Column(ForeignKey("dish.id"))
    author_id = Column(ForeignKey("author.id"), nullable=False)
    author = relationship("Author", innerjoin=True)


class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))


e = engine()
Base.metadata.create_all(e)
with Session(e) as s:
    food = Kind(name="food", children=[Kind(name="warm", children=[Kind(name="soup", children=[Kind(name="clear")])]),
        Kind(name="cold")])
    s.add(food)
    s.flush()
    warm, cold = food.children
    ann = Author(name="Ann")
    for i, name in enumerate(("stew", "tart", "cake", "fish")):
        s.add(Dish(name=name, price=i, kind=warm if i % 2 else cold, steps=[Step(no=2), Step(no=1)][: i % 3],
            reviews=[Review(stars=i, author=ann)] if i else []))
        s.flush()
    s.commit()
forget()


def run(title, stmt, show=lambda d: (d.name, d.kind.name, [x.no for x in d.steps])):
    step(title)
    with Session(e) as s:
        say([show(d) for d in s.scalars(stmt).unique()])


plain = [lazyload(Dish.kind), lazyload(Dish.steps)]
run("mapped strategies", select(Dish).order_by(Dish.id))
run("limit", select(Dish).order_by(Dish.price.desc()).limit(2))
run("limit and offset, many to one only", select(Dish).options(noload(Dish.steps)).order_by(Dish.id).limit(2).offset(1))
run("distinct", select(Dish).distinct().order_by(Dish.name))
run("order by label", select(Dish).order_by(func.length(Dish.name), Dish.id.desc()).limit(3))
run(
    "nested in a limit",
    select(Dish).options(*plain, joinedload(Dish.reviews).joinedload(Review.author)).order_by(Dish.id).limit(3),
    lambda d: (d.name, [(r.stars, r.author.name) for r in d.reviews]),
)
run(
    "a join of the query is another one",
    select(Dish).join(Dish.reviews).where(Review.stars > 1).options(*plain, joinedload(Dish.reviews)).order_by(Dish.id),
    lambda d: (d.name, [r.stars for r in d.reviews]),
)
run(
    "group by",
    select(Dish).options(*plain).join(Dish.reviews).group_by(Dish.id).having(func.count(Review.id) > 0).order_by(Dish.id),
    lambda d: d.name,
)
step("depth of the tree")
with Session(e) as s:
    top = s.scalars(select(Kind).where(Kind.name == "food")).unique().one()
    sql()
    say(top.name, [(a.name, [b.name for b in a.children]) for a in top.children])
    sql()
    say(top.children[0].children[0].children[0].name, top.children[0].parent.name)
step("options go deeper")
with Session(e) as s:
    deep = lazyload(Kind.children)
    top = s.scalars(select(Kind).where(Kind.name == "food").options(deep)).unique().one()
    say([k.name for k in top.children])
    s.expunge_all()
    chain = selectinload(Kind.children, recursion_depth=3)
    top = s.scalars(select(Kind).where(Kind.name == "food").options(chain)).one()
    sql()
    say(top.children[0].children[0].children[0].name)
step("scalar subquery and columns beside")
with Session(e) as s:
    count = select(func.count(Step.id)).where(Step.dish_id == Dish.id).scalar_subquery()
    for row in s.execute(select(Dish, count.label("n")).options(lazyload(Dish.steps), lazyload(Dish.kind))
        .order_by(Dish.id).limit(2)):
        say(row.Dish.name, row.n)
    sql()
    say(s.execute(select(Dish.name, Kind.name).join(Dish.kind).order_by(Dish.id)).all())
    say(s.scalar(select(func.count()).select_from(select(Dish).subquery())))
step("legacy")
with Session(e) as s:
    q = s.query(Dish).order_by(Dish.id)
    say(q.first().name, q.limit(1).one().name, q.slice(1, 3).all()[0].name, q.count(), s.query(Dish).get(4).name)
sql()
