"""Relationships whose join needs a word: several keys, custom conditions, foreign(), aliased targets, self reference."""
from parity import *
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table, and_, func, join, select
from sqlalchemy.orm import (
    Session, aliased, backref, declarative_base, foreign, joinedload, relationship, remote,
    selectinload,
)

Base = declarative_base()


class Client(Base):
    __tablename__ = "clients"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    home_id = Column(ForeignKey("places.id"))
    work_id = Column(ForeignKey("places.id"))
    home = relationship("Place", foreign_keys="Client.home_id")
    work = relationship("Place", foreign_keys="Client.work_id")
    bonn = relationship(
        "Stay", primaryjoin="and_(Client.id == Stay.client_id, Stay.city == 'Bonn')", viewonly=True, order_by="Stay.id"
    )
    latest = relationship(
        "Stay",
        primaryjoin=lambda: and_(
            Client.id == Stay.client_id,
            Stay.id == select(func.max(Stay.id)).where(Stay.client_id == Client.id).correlate(Client.__table__).scalar_subquery(),
        ),
        viewonly=True, uselist=False,
    )


class Place(Base):
    __tablename__ = "places"
    id = Column(Integer, primary_key=True)
    street = Column(String)


class Stay(Base):
    __tablename__ = "stays"
    id = Column(Integer, primary_key=True)
    client_id = Column(ForeignKey("clients.id"))
    city = Column(String)


class Host(Base):
    __tablename__ = "hosts"
    id = Column(Integer, primary_key=True)
    text_id = Column(String)
    ports = relationship(
        "Port", primaryjoin="cast(Host.text_id, Integer) == remote(foreign(Port.number))", viewonly=True, order_by="Port.id"
    )


class Port(Base):
    __tablename__ = "ports"
    id = Column(Integer, primary_key=True)
    number = Column(Integer)


class Element(Base):
    __tablename__ = "elements"
    path = Column(String, primary_key=True)
    descendants = relationship(
        "Element", primaryjoin=remote(foreign(path)).like(path.concat("/%")), viewonly=True, order_by=path
    )


class Piece(Base):
    __tablename__ = "pieces"
    shop = Column(Integer, primary_key=True)
    code = Column(Integer, primary_key=True)
    part_of = Column(Integer)
    label = Column(String)
    __table_args__ = (ForeignKeyConstraint(["shop", "part_of"], ["pieces.shop", "pieces.code"]),)
    whole = relationship("Piece", remote_side=[shop, code], backref=backref("parts", order_by=code))


friends = Table(
    "friends", Base.metadata,
    Column("left_id", ForeignKey("nodes.id"), primary_key=True),
    Column("right_id", ForeignKey("nodes.id"), primary_key=True),
)


class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    label = Column(String)
    parent_id = Column(ForeignKey("nodes.id"))
    children = relationship("Node", backref=backref("parent", remote_side=[id]), order_by=id, join_depth=2)
    right = relationship(
        "Node", secondary=friends, primaryjoin=id == friends.c.left_id, secondaryjoin=id == friends.c.right_id, backref="left",
        order_by=id,
    )


class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    b_id = Column(ForeignKey("b.id"))
    d = relationship(
        "D", secondary="join(B, D, B.d_id == D.id).join(C, C.d_id == D.id)",
        primaryjoin="and_(A.b_id == B.id, A.id == C.a_id)", secondaryjoin="D.id == B.d_id", uselist=False, viewonly=True,
    )


class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    d_id = Column(ForeignKey("d.id"))


class C(Base):
    __tablename__ = "c"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))
    d_id = Column(ForeignKey("d.id"))


class D(Base):
    __tablename__ = "d"
    id = Column(Integer, primary_key=True)


j = join(B.__table__, C.__table__, B.id == C.id)
BviaC = aliased(B, j, flat=True)
A.b_via = relationship(BviaC, primaryjoin=A.b_id == j.c.b_id, viewonly=True)
ranked = select(Stay, func.row_number().over(order_by=Stay.id.desc(), partition_by=Stay.client_id).label("nr")).alias()
Newest = aliased(Stay, ranked)
Client.newest = relationship(
    Newest, primaryjoin=and_(Newest.client_id == Client.id, ranked.c.nr < 3), viewonly=True, order_by=Newest.id
)

e = engine()
Base.metadata.create_all(e)
forget()
session = Session(e)
step("two keys to one table")
home, work = Place(id=1, street="Elm"), Place(id=2, street="Oak")
client = Client(id=1, name="cleo", home=home, work=work)
session.add(client)
session.flush()
say(client.home_id, client.work_id)
session.add_all([Stay(id=i, client_id=1, city=c) for i, c in enumerate(["Bonn", "Rome", "Bonn", "Oslo"], 1)])
session.commit()
say(client.home.street, client.work.street)
say([s.id for s in client.bonn], client.latest.id, [s.city for s in client.newest])
say(select(Client).join(Client.bonn))
say(select(Client).join(Client.home).join(Client.work.of_type(aliased(Place))))
session.expire_all()
step("eager")
c = session.scalars(select(Client).options(joinedload(Client.latest), selectinload(Client.bonn), selectinload(Client.newest))).one()
say(c.latest.city, len(c.bonn), [s.id for s in c.newest])
step("cast and like")
session.add_all([Host(id=1, text_id="80"), Port(id=1, number=80), Port(id=2, number=80), Port(id=3, number=81)])
session.add_all([Element(path=x) for x in ("/a", "/a/b", "/a/b/c", "/d")])
session.commit()
say([x.id for x in session.get(Host, 1).ports])
say([x.path for x in session.get(Element, "/a").descendants])
say(select(Element).join(Element.descendants.of_type(aliased(Element))))
step("composite self reference")
session.add(Piece(shop=1, code=1, label="car"))
session.flush()
wheel = Piece(shop=1, code=2, label="wheel", whole=session.get(Piece, (1, 1)))
session.add(wheel)
session.flush()
say(wheel.part_of, [x.label for x in wheel.whole.parts])
session.commit()
step("tree and graph")
root = Node(id=1, label="root", children=[Node(id=2, label="kid", children=[Node(id=3, label="grandkid")])])
session.add(root)
root.right.append(root.children[0])
session.commit()
session.expunge_all()
root = session.scalars(select(Node).where(Node.parent_id == None).options(joinedload(Node.children).joinedload(Node.children))).unique().one()
say(root.children[0].children[0].label, root.children[0].children[0].parent.label, [n.label for n in root.right])
say([n.label for n in session.get(Node, 2).left])
na = aliased(Node)
say(select(Node).join(Node.parent.of_type(na)).where(na.label == "root"))
say(session.scalars(select(Node.label).join(Node.children.of_type(na)).where(na.label == "kid")).all())
session.commit()
step("composite secondary")
session.add(D(id=1))
session.flush()
session.add(B(id=1, d_id=1))
session.flush()
session.add(A(id=1, b_id=1))
session.flush()
session.add(C(id=1, a_id=1, d_id=1))
session.commit()
say(session.get(A, 1).d.id, session.get(A, 1).b_via.id)
say(select(A).join(A.d))
say(select(A).join(A.b_via))
session.rollback()

step("mistakes")


def mapped(**options):
    def define():
        Other = declarative_base()

        class Left(Other):
            __tablename__ = "left"
            id = Column(Integer, primary_key=True)
            r1 = Column(ForeignKey("right.id"))
            r2 = Column(ForeignKey("right.id"))
            plain = Column(Integer)
            right = relationship("Right", **options)

        class Right(Other):
            __tablename__ = "right"
            id = Column(Integer, primary_key=True)
            plain = Column(Integer)

        Other.registry.configure()

    er = error(define)
    if er is not None:
        say(str(er)[:95])


mapped()
mapped(foreign_keys="Left.r1")
mapped(primaryjoin="Left.plain == Right.plain")
mapped(primaryjoin="Left.plain == foreign(Right.plain)")
mapped(back_populates="lefts", foreign_keys="Left.r1")
mapped(foreign_keys="Left.plain")
mapped(foreign_keys="Left.r1", cascade="all, delete-orphan")
mapped(foreign_keys="Left.r1", cascade="all, everything")
mapped(foreign_keys="Left.r1", lazy="sometimes")
mapped(secondary="nowhere")
sql()
