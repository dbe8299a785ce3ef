"""The inventory of a game server: items by inheritance, slots in a keyed collection, trades, JSON stats."""
from parity import *
from sqlalchemy import JSON, Column, ForeignKey, Integer, String, UniqueConstraint, func, inspect, select, update
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import (Session, attribute_keyed_dict, declarative_base, reconstructor, relationship,
                            selectin_polymorphic, selectinload, validates, with_polymorphic)

Base = declarative_base()


class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
    kind = Column(String(10), nullable=False)
    name = Column(String(20), nullable=False)
    weight = Column(Integer, default=1)
    v = Column(Integer, nullable=False)
    stats = Column(MutableDict.as_mutable(JSON), default=dict)
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "item", "version_id_col": v}

    def use(self, player):
        return "nothing happens"


class Weapon(Item):
    __tablename__ = "weapon"
    id = Column(ForeignKey("item.id"), primary_key=True)
    damage = Column(Integer)
    gems = relationship("Gem", back_populates="weapon", order_by="Gem.id", foreign_keys="Gem.weapon_id")
    __mapper_args__ = {"polymorphic_identity": "weapon"}

    def use(self, player):
        return "hits for %s" % (self.damage + sum(g.power for g in self.gems))


class Potion(Item):
    charges = Column(Integer)
    __mapper_args__ = {"polymorphic_identity": "potion"}

    def use(self, player):
        self.charges -= 1
        player.hp += 5
        return "heals to %s" % player.hp


class Gem(Item):
    __tablename__ = "gem"
    id = Column(ForeignKey("item.id"), primary_key=True)
    power = Column(Integer)
    weapon_id = Column(ForeignKey("weapon.id"))
    weapon = relationship(Weapon, back_populates="gems", foreign_keys=weapon_id)
    __mapper_args__ = {"polymorphic_identity": "gem", "inherit_condition": id == Item.id}


class Slot(Base):
    __tablename__ = "slot"
    __table_args__ = (UniqueConstraint("item_id"),)
    player_id = Column(ForeignKey("player.id"), primary_key=True)
    place = Column(String(10), primary_key=True)
    item_id = Column(ForeignKey("item.id"), nullable=False)
    item = relationship(Item, lazy="joined", innerjoin=True)
    player = relationship("Player", back_populates="slots")


class Player(Base):
    __tablename__ = "player"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
    hp = Column(Integer, default=10)
    log = Column(MutableList.as_mutable(JSON), default=list)
    slots = relationship(Slot, back_populates="player", cascade="all, delete-orphan",
                         collection_class=attribute_keyed_dict("place"))
    items = association_proxy("slots", "item", creator=lambda place, item: Slot(place=place, item=item))

    @reconstructor
    def woken(self):
        self.ready = True

    @validates("slots")
    def check_slot(self, key, slot):
        if slot.item.weight and slot.item.weight > 50:
            raise ValueError("too heavy")
        return slot


e = engine()
Base.metadata.create_all(e)
forget()
s = Session(e)
step("equip")
kim, lee = Player(name="kim"), Player(name="lee")
sword = Weapon(name="sword", damage=7, stats={"str": 3}, gems=[Gem(name="ruby", power=2), Gem(name="opal", power=1)])
tonic = Potion(name="tonic", charges=2)
kim.items["hand"] = sword
kim.items["belt"] = tonic
lee.items["hand"] = Item(name="rock", weight=5)
s.add(sword)
s.flush()
s.add_all([kim, lee])
s.commit()
say(sorted(kim.slots.keys()), kim.items["hand"] is sword, sword.kind, sword.v, kim.log, hasattr(kim, "ready"))
step("use")
say(tonic.use(kim), sword.use(kim), lee.items["hand"].use(lee))
kim.log.append("drank")
say(sorted(type(x).__name__ for x in s.dirty))
s.commit()
say(tonic.v, sword.v, kim.log, tonic.charges)
step("stats")
sword.stats["str"] += 1
sword.stats.update({"wit": 1})
s.commit()
say(sword.stats, sword.v)
step("too heavy")
try:
    lee.items["back"] = Item(name="anvil", weight=60)
except ValueError as x:
    say("refused", str(x))
say(sorted(lee.slots.keys()))
step("trade")
s.expunge_all()
kim, lee = s.scalars(select(Player).order_by(Player.id).options(selectinload(Player.slots))).unique()
say(kim.name, kim.ready, sorted((k, x.name, type(x).__name__) for k, x in kim.items.items()))
a, b = kim.items["belt"], lee.items["hand"]
del kim.items["belt"]
del lee.items["hand"]
s.flush()
kim.items["back"] = b
lee.items["belt"] = a
s.commit()
say(sorted(x.name for x in kim.items.values()), sorted(x.name for x in lee.items.values()))
step("a slot is taken over")
slot = kim.slots["back"]
slot.item = Potion(name="elixir", charges=9)
say(inspect(slot).attrs.item.history.has_changes(), kim.items["back"].name)
s.commit()
say(s.scalars(select(Item.name).where(~select(Slot).where(Slot.item_id == Item.id).exists()).order_by(Item.name)).all())
step("two owners of one item")
lee.items["hand"] = kim.items["hand"]
error(s.commit)
s.rollback()
say(sorted(lee.slots.keys()))
step("all items")
s.expunge_all()
for x in s.scalars(select(Item).order_by(Item.id).options(selectin_polymorphic(Item, [Weapon, Gem]),
                                                          selectinload(Weapon.gems))):
    say(type(x).__name__, x.name, x.v, [g.name for g in x.gems] if isinstance(x, Weapon) else None)
step("with_polymorphic")
any_item = with_polymorphic(Item, [Weapon, Potion])
for x in s.scalars(select(any_item).where((any_item.Weapon.damage > 5) | (any_item.Potion.charges > 5))
                   .order_by(any_item.id)):
    say(x.name)
say(s.execute(select(Player.name, func.sum(Item.weight)).join(Player.slots).join(Slot.item).group_by(Player.name)
              .order_by(Player.name)).all())
say(s.scalars(select(Player.name).where(Player.slots.any(Slot.item.of_type(Weapon).has(Weapon.damage > 5)))).all())
step("somebody else was faster")
sword = s.scalars(select(Weapon).where(Weapon.name == "sword")).one()
s.execute(update(Item.__table__).where(Item.__table__.c.id == sword.id).values(v=9))
sword.damage = 8
error(s.flush)
s.rollback()
say(sword.damage, sword.v)
step("bulk")
s.execute(update(Potion).where(Potion.charges < 5).values(charges=Potion.charges + 1))
say(s.execute(select(Potion.name, Potion.charges).order_by(Potion.name)).all())
s.delete(s.get(Player, 1))
s.commit()
say(s.scalar(select(func.count()).select_from(Slot)), s.scalar(select(func.count(Item.id))))
s.close()
sql()
