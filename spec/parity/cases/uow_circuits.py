# Rows that point at each other: post_update both ways, key changes that travel, row switches with children.
from sqlalchemy import *
from sqlalchemy.orm import *
from parity import *

Base = declarative_base()


class Board(Base):
    __tablename__ = "board"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    main_id = Column(ForeignKey("chip.id", use_alter=True, name="fk_main"))
    chips = relationship("Chip", foreign_keys="Chip.board_id", back_populates="board", order_by="Chip.id",
        cascade="all")
    main = relationship("Chip", foreign_keys=main_id, post_update=True)


class Chip(Base):
    __tablename__ = "chip"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    board_id = Column(ForeignKey("board.id"))
    next_id = Column(ForeignKey("chip.id"))
    board = relationship(Board, foreign_keys=board_id, back_populates="chips")
    next = relationship("Chip", remote_side=id, foreign_keys=next_id, post_update=True)


class User(Base):
    __tablename__ = "user_"
    login = Column(String(10), primary_key=True)
    name = Column(String(20))
    mails = relationship("Mail", back_populates="user", passive_updates=False, cascade="all, delete-orphan",
        order_by="Mail.id")


class Mail(Base):
    __tablename__ = "mail"
    id = Column(Integer, primary_key=True)
    user_login = Column(ForeignKey("user_.login"))
    user = relationship(User, back_populates="mails")


e = engine()
Base.metadata.create_all(e)
forget()
with Session(e) as s:
    step("each needs the other")
    a, b = Chip(name="a"), Chip(name="b")
    board = Board(name="m", chips=[a, b], main=a)
    s.add(board)
    s.commit()
    say(board.main.name, [c.name for c in board.chips])
    step("a ring of chips")
    a.next = b
    s.flush()
    b.next = a
    s.flush()
    say(a.next.next is a)
    s.commit()
    step("main changes with a delete")
    board.main = b
    s.flush()
    a.next = None
    b.next = None
    s.flush()
    s.delete(a)
    s.commit()
    say([c.name for c in board.chips], board.main.name)
    step("all goes")
    s.delete(board)
    s.commit()
    say(s.scalar(select(func.count(Chip.id))))
    if e.dialect.name == "sqlite":
        step("keys that travel")
        ann = User(login="ann", mails=[Mail(), Mail()])
        s.add(ann)
        s.commit()
        ann.login = "anna"
        s.flush()
        say(inspect(ann).identity, [m.user_login for m in ann.mails])
        s.rollback()
        say(ann.login, [m.user_login for m in ann.mails])
        ann.login = "x"
        ann.login = "ann"
        say(s.is_modified(ann))
        s.commit()
        s.delete(ann)
        s.commit()
    step("row switch with children")
    one = User(login="bob", name="first", mails=[Mail()])
    s.add(one)
    s.commit()
    [m.id for m in one.mails]
    s.delete(one)
    two = User(login="bob", name="second", mails=[Mail()])
    s.add(two)
    s.commit()
    say(inspect(one).detached, inspect(two).persistent, s.execute(select(User.name)).all(), len(two.mails))
    step("merged over a deleted one")
    s.delete(two)
    s.flush()
    three = s.merge(User(login="bob", name="third"))
    say(three is two, three in s.new)
    s.commit()
    say(s.execute(select(User.login, User.name)).all(), s.scalar(select(func.count(Mail.id))))
    step("a key that is taken")
    s.add(User(login="cy"))
    s.flush()
    three.login = "cy"
    error(s.flush)
    s.rollback()
    say(three.login, s.scalars(select(User.login)).all())
    step("no key")
    three.login = None
    error(s.flush)
    s.rollback()
    step("write by hand beside the relationship")
    m = Mail(user_login="bob")
    s.add(m)
    s.flush()
    say(m.user is three, m in three.mails)
    m.user = None
    m.user_login = "bob"
    s.flush()
    say(m.user_login, m.user)
    s.commit()
    say(m.user_login, m.user)
sql()
