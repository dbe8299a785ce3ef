"""A CMS with translations: a dictionary by language, a hybrid for the current one, fallbacks, blocks in order."""
from parity import *
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Text, func, inspect, select
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import (Session, aliased, attribute_keyed_dict, contains_eager, declarative_base, declared_attr,
                            query_expression, relationship, selectinload, with_expression, with_loader_criteria)

Base = declarative_base()
locale = {"now": "en"}


class Translated:
    @declared_attr
    def translations(cls):
        name = cls.__name__ + "Text"
        cls.Text = type(name, (Base,), {
            "__tablename__": cls.__tablename__ + "_text",
            "owner_id": Column(ForeignKey(cls.__tablename__ + ".id"), primary_key=True),
            "lang": Column(String(2), primary_key=True),
            "title": Column(String(30), nullable=False),
            "__init__": lambda self, lang, title: Base.__init__(self, lang=lang, title=title) or None,
        })
        return relationship(cls.Text, collection_class=attribute_keyed_dict("lang"), cascade="all, delete-orphan")

    @declared_attr
    def titles(cls):
        return association_proxy("translations", "title")

    @hybrid_property
    def title(self):
        text = self.translations.get(locale["now"]) or self.translations.get("en")
        return text.title if text else None

    @title.inplace.setter
    def _set_title(self, value):
        self.titles[locale["now"]] = value

    @title.inplace.expression
    @classmethod
    def _title(cls):
        now, fallback = aliased(cls.Text), aliased(cls.Text)
        pick = lambda t, lang: select(t.title).where(t.owner_id == cls.id, t.lang == lang).scalar_subquery()
        return func.coalesce(pick(now, locale["now"]), pick(fallback, "en"))


class Page(Translated, Base):
    __tablename__ = "page"
    id = Column(Integer, primary_key=True)
    slug = Column(String(20))
    published = Column(Boolean, default=False)
    shown = query_expression()
    blocks = relationship("Block", order_by="Block.position", collection_class=ordering_list("position"),
                          cascade="all, delete-orphan", back_populates="page")

    @hybrid_method
    def speaks(self, lang):
        return lang in self.translations

    @speaks.inplace.expression
    @classmethod
    def _speaks(cls, lang):
        return cls.translations.any(lang=lang)


class Menu(Translated, Base):
    __tablename__ = "menu"
    id = Column(Integer, primary_key=True)
    page_id = Column(ForeignKey("page.id"))
    page = relationship(Page)


class Block(Base):
    __tablename__ = "block"
    id = Column(Integer, primary_key=True)
    page_id = Column(ForeignKey("page.id"))
    position = Column(Integer)
    kind = Column(String(10))
    body = Column(Text)
    page = relationship(Page, back_populates="blocks")
    __mapper_args__ = {"polymorphic_on": kind}


class TextBlock(Block):
    __mapper_args__ = {"polymorphic_identity": "text"}


class ImageBlock(Block):
    url = Column(String(30))
    __mapper_args__ = {"polymorphic_identity": "image"}


e = engine()
Base.metadata.create_all(e)
say(sorted(Base.metadata.tables))
forget()
s = Session(e)
step("write")
home = Page(slug="home", published=True)
home.titles["en"] = "Welcome"
home.titles["de"] = "Willkommen"
about = Page(slug="about")
about.title = "About"
home.blocks = [TextBlock(body="one"), ImageBlock(url="a.png"), TextBlock(body="two")]
menu = Menu(page=home)
menu.titles["en"] = "Start"
s.add_all([home, about, menu])
s.commit()
say(home.title, about.title, menu.title, sorted(home.titles.items()))
step("another language")
locale["now"] = "de"
say(home.title, about.title)
about.title = "Ueber uns"
home.titles["en"] = "Hello"
say(sorted(about.titles.keys()), inspect(home.translations["en"]).attrs.title.history)
s.commit()
step("in SQL")
say(s.execute(select(Page.slug, Page.title).order_by(Page.title)).all())
locale["now"] = "fr"
say(s.execute(select(Page.slug, Page.title).order_by(Page.title)).all())
say(s.scalars(select(Page.slug).where(Page.title == "Hello")).all())
say(s.scalars(select(Page.slug).where(Page.speaks("de")).order_by(Page.slug)).all(), home.speaks("de"),
    home.speaks("fr"))
say(s.scalars(select(Menu.title)).all())
say(s.scalars(select(Page.slug).where(Page.titles == "About")).all(),
    s.scalars(select(Page.slug).where(Page.titles.contains("Hello"))).all())
step("one language is loaded")
s.expunge_all()
text = Page.Text
for page in s.scalars(select(Page).join(Page.translations).where(text.lang == "de").order_by(Page.id)
                      .options(contains_eager(Page.translations))).unique():
    say(page.slug, dict(page.titles))
s.expunge_all()
for page in s.scalars(select(Page).order_by(Page.id).options(
        selectinload(Page.translations), with_loader_criteria(text, text.lang == "en"))):
    say(page.slug, dict(page.titles))
step("with_expression")
s.expunge_all()
lang = text.__table__
page = s.scalars(select(Page).where(Page.slug == "about").options(with_expression(
    Page.shown, select(func.upper(text.title)).where(text.owner_id == Page.id, text.lang == "de")
    .scalar_subquery()))).one()
say(page.shown, page.title)
say(s.scalars(select(Page).where(Page.slug == "home")).one().shown)
step("blocks move")
home = s.scalars(select(Page).where(Page.slug == "home")).one()
say([(type(b).__name__, b.position) for b in home.blocks])
home.blocks.insert(0, home.blocks.pop(2))
home.blocks.append(TextBlock(body="three"))
del home.blocks[1]
say([(b.body, b.position) for b in home.blocks])
s.commit()
say([(b.body, b.position) for b in home.blocks], s.scalar(select(func.count(Block.id))))
say(s.scalars(select(ImageBlock.url)).all(), s.scalars(select(Page.slug).where(
    Page.blocks.of_type(ImageBlock).any(ImageBlock.url.endswith("png")))).all())
step("untranslated")
del home.titles["de"]
s.commit()
say(sorted(home.titles), s.scalars(select(Page.slug).where(~Page.speaks("de"))).all())
home.titles.clear()
s.flush()
say(home.title, s.execute(select(Page.slug, Page.title).where(Page.title.is_(None))).all())
s.rollback()
say(home.title)
step("a missing title")
home.titles["it"] = None
error(s.commit)
s.rollback()
say(sorted(home.titles))
step("gone")
s.delete(menu if menu in s else s.get(Menu, 1))
s.delete(home)
s.commit()
say(s.execute(select(text.owner_id, text.lang).order_by(text.lang)).all())
s.close()
sql()
