"""A wiki: pages point at their current revision (post_update), link to each other, are merged, renamed and restored."""
from parity import *
from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, delete, func, inspect, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import (Session, aliased, backref, column_property, declarative_base, deferred, joinedload,
                            load_only, relationship, undefer, validates)

Base = declarative_base()

links = Table("link", Base.metadata,
              Column("source_id", ForeignKey("page.id"), primary_key=True),
              Column("target_id", ForeignKey("page.id"), primary_key=True))


class Page(Base):
    __tablename__ = "page"
    id = Column(Integer, primary_key=True)
    slug = Column(String(20), unique=True, nullable=False)
    current_id = Column(ForeignKey("revision.id", use_alter=True, name="fk_current"))
    revisions = relationship("Revision", back_populates="page", foreign_keys="Revision.page_id",
                             order_by="Revision.number", collection_class=ordering_list("number", count_from=1),
                             cascade="all, delete-orphan")
    current = relationship("Revision", foreign_keys=current_id, post_update=True)
    links_to = relationship("Page", secondary=links, primaryjoin=id == links.c.source_id,
                            secondaryjoin=id == links.c.target_id, backref=backref("linked_from", order_by=slug),
                            order_by=slug)

    def edit(self, author, body):
        revision = Revision(author=author, body=body)
        self.revisions.append(revision)
        self.current = revision
        session = inspect(self).session
        wanted = sorted({word[1:] for word in body.split() if word[0] == "#"})
        self.links_to = (session.scalars(select(Page).where(Page.slug.in_(wanted)).order_by(Page.slug)).all()
                         if session and wanted else [])
        return revision

    @validates("slug")
    def lower(self, key, value):
        return value.lower().replace(" ", "_")


class Revision(Base):
    __tablename__ = "revision"
    id = Column(Integer, primary_key=True)
    page_id = Column(ForeignKey("page.id"), nullable=False)
    number = Column(Integer)
    author = Column(String(10))
    body = deferred(Column(Text))
    page = relationship(Page, back_populates="revisions", foreign_keys=page_id)
    length = column_property(func.length(body.columns[0]))


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("first pages")
home, help_ = Page(slug="Home"), Page(slug="Help Me")
home.edit("ann", "welcome")
help_.edit("ann", "no help")
s.add_all([home, help_])
s.commit()
say(home.slug, help_.slug, home.current.number, home.current is home.revisions[0], home.current.length)
step("edit")
home.edit("bob", "read #help_me and #nothing")
s.commit()
say([(r.number, r.author, r.length) for r in home.revisions], [x.slug for x in home.links_to],
    [x.slug for x in help_.linked_from], home.current.number)
help_.edit("bob", "back to #home")
s.commit()
say([x.slug for x in home.linked_from], [x.slug for x in help_.linked_from])
step("deferred")
s.expunge_all()
home = s.scalars(select(Page).where(Page.slug == "home").options(joinedload(Page.current))).one()
say(sorted(inspect(home.current).unloaded), home.current.length)
say(home.current.body, sorted(inspect(home.current).unloaded))
s.expunge_all()
r = s.scalars(select(Revision).where(Revision.number == 2).order_by(Revision.id)
              .options(undefer(Revision.body), load_only(Revision.author))).first()
say(sorted(inspect(r).unloaded), r.body)
step("diff of two revisions")
a, b = aliased(Revision), aliased(Revision)
for row in s.execute(select(Page.slug, a.body, b.body).join(a, a.page_id == Page.id)
                     .join(b, (b.page_id == a.page_id) & (b.number == a.number + 1)).order_by(Page.slug)):
    say(row)
step("history of all")
last = select(Revision.page_id, func.max(Revision.number).label("n")).group_by(Revision.page_id).subquery("last")
for page, revision in s.execute(select(Page, Revision).join(Revision, Page.revisions).join(
        last, (last.c.page_id == Page.id) & (last.c.n == Revision.number)).order_by(Page.slug)):
    say(page.slug, revision.number, revision is page.current)
step("restore an old revision")
home = s.scalars(select(Page).filter_by(slug="home")).one()
old = home.revisions[0]
home.edit("ann", old.body)
s.commit()
say([r.body for r in home.revisions], home.current.number, home.links_to)
step("take a revision out")
gone = home.revisions.pop(1)
say([r.number for r in home.revisions], inspect(gone).persistent, gone in s)
s.commit()
say(inspect(gone).detached, inspect(gone).was_deleted, [r.number for r in home.revisions])
step("rename")
home.slug = "Main Page"
say(inspect(home).attrs.slug.history)
s.commit()
s.add(Page(slug="MAIN PAGE"))
error(s.commit)
s.rollback()
step("merge from outside")
copy = Page(id=home.id, slug="start", revisions=[Revision(id=home.revisions[0].id, author="eve"),
                                                      Revision(author="new")])
merged = s.merge(copy)
merged.current = merged.revisions[0]
say(merged is home, [(r.id, r.number, r.author) for r in merged.revisions], copy in s)
s.flush()
say([(r.number, r.author, r.body) for r in merged.revisions], merged.current.number if merged.current else None)
s.rollback()
say([(r.number, r.author) for r in home.revisions])
step("orphans and dangling")
say(s.scalars(select(Page.slug).where(~Page.linked_from.any(Page.id != Page.id)).order_by(Page.slug)).all())
say(s.scalars(select(Page.slug).where(Page.links_to.contains(home)).order_by(Page.slug)).all())
say(s.execute(select(Page.slug, func.count(links.c.source_id)).outerjoin(links, links.c.target_id == Page.id)
              .group_by(Page.slug).order_by(Page.slug)).all())
step("delete a page")
s.delete(home)
s.commit()
say(s.scalars(select(Revision.author).order_by(Revision.id)).all(), s.execute(select(links)).all())
try:
    s.get_one(Page, 1)
except NoResultFound:
    say("no page")
s.close()
sql()
