# Loader criteria over hierarchies: on a base class, on subclasses, with aliases, through lazy loads, in subqueries.
from parity import *
from sqlalchemy import Column, Integer, String, Boolean, ForeignKey, select, func, update, delete
from sqlalchemy.orm import (declarative_base, relationship, Session, with_loader_criteria, selectinload, joinedload,
                            aliased, with_polymorphic, lazyload)

Base = declarative_base()


class Site(Base):
    __tablename__ = "site"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    pages = relationship("Page", back_populates="site", order_by="Page.id")


class Page(Base):
    __tablename__ = "page"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10))
    title = Column(String(20))
    hidden = Column(Boolean, default=False)
    lang = Column(String(2), default="en")
    site_id = Column(ForeignKey("site.id"))
    site = relationship("Site", back_populates="pages")
    blocks = relationship("Block", order_by="Block.id")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "page"}


class Article(Page):
    __tablename__ = "article"
    id = Column(ForeignKey("page.id"), primary_key=True)
    body = Column(String(20))
    __mapper_args__ = {"polymorphic_identity": "article"}


class Block(Base):
    __tablename__ = "block"
    id = Column(Integer, primary_key=True)
    text = Column(String(20))
    page_id = Column(ForeignKey("page.id"))


eng = engine()
Base.metadata.create_all(eng)
with Session(eng) as s:
    site = Site(name="one", pages=[Page(title="home"), Article(title="news", body="x", lang="de"),
                                   Article(title="draft", body="y", hidden=True)])
    site.pages[0].blocks = [Block(text="b1"), Block(text="b2")]
    s.add_all([site, Site(name="two", pages=[Page(title="blank", hidden=True)])])
    s.commit()
forget()
visible = with_loader_criteria(Page, Page.hidden.is_(False))


def titles(items):
    return [p.title for p in items]


with Session(eng) as s:
    step("the base class")
    say(titles(s.scalars(select(Page).options(visible).order_by(Page.id))))
    say(titles(s.scalars(select(Article).options(visible))))
    say(s.scalar(select(func.count(Page.id)).options(visible)))
    step("a subclass")
    only_de = with_loader_criteria(Article, lambda cls: cls.lang == "de")
    say(titles(s.scalars(select(Page).options(only_de).order_by(Page.id))))
    say(titles(s.scalars(select(Article).options(only_de))))
    W = with_polymorphic(Page, [Article])
    say(titles(s.scalars(select(W).options(visible).order_by(W.id))))
    step("relationships")
    for option in (selectinload, joinedload, lazyload):
        s.expunge_all()
        for site in s.scalars(select(Site).options(option(Site.pages), visible).order_by(Site.id)).unique():
            say(site.name, titles(site.pages))
        sql()
    step("joins")
    say(s.execute(select(Site.name, Page.title).join(Site.pages).options(visible).order_by(Page.id)).all())
    say(s.execute(select(Site.name, Page.title).outerjoin(Site.pages).options(visible).order_by(Site.id, Page.id))
        .all())
    say(s.execute(select(Site.name, Article.body).join(Site.pages.of_type(Article)).options(visible)).all())
    A = aliased(Page)
    say(titles(s.scalars(select(A).options(visible).order_by(A.id))))
    say(titles(s.scalars(select(A).options(with_loader_criteria(Page, lambda c: c.hidden.is_(False),
                                                                 include_aliases=True)).order_by(A.id))))
    say(titles(s.scalars(select(A).options(with_loader_criteria(A, A.title != "home")).order_by(A.id))))
    step("not through lazy loads")
    s.expunge_all()
    near = with_loader_criteria(Page, Page.hidden.is_(False), propagate_to_loaders=False)
    for site in s.scalars(select(Site).options(near).order_by(Site.id)):
        say(site.name, titles(site.pages))
    step("two at once, and of other classes")
    s.expunge_all()
    first = with_loader_criteria(Block, Block.text != "b1")
    for p in s.scalars(select(Page).options(visible, first, with_loader_criteria(Page, Page.lang == "en"),
                                            selectinload(Page.blocks))):
        say(p.title, [b.text for b in p.blocks])
    step("refresh and get")
    s.expunge_all()
    p = s.scalars(select(Page).options(first).where(Page.title == "home")).one()
    say([b.text for b in p.blocks])
    s.expire(p)
    say(p.title, [b.text for b in p.blocks])
    s.refresh(p, ["blocks"])
    say([b.text for b in p.blocks], s.get(Page, 3, options=[visible]), s.get(Page, 1, options=[visible]).title)
    step("subqueries and unions")
    sub = select(Page.site_id).where(Page.lang == "en")
    say(s.scalars(select(Site.name).where(Site.id.in_(sub)).options(visible).order_by(Site.id)).all())
    say(s.scalars(select(Site.name).where(Site.pages.any(Page.lang == "en")).options(visible).order_by(Site.id)).all())
    step("changes")
    say(s.execute(update(Page).values(lang="fr").options(visible).execution_options(synchronize_session=False))
        .rowcount)
    say(s.execute(delete(Block).options(first)).rowcount)
    s.rollback()
step("end")
