--- The models of the example, as they grow: models(version) returns their MetaData.
--
-- 1 the blog; 2 a column more; 3 a column has another name; 4 a table is split; 5 a value more; 6 tags.
local am = require "alchemoon"

local CONVENTION = { ix = "ix_%(column_0_label)s", uq = "uq_%(table_name)s_%(column_0_name)s",
  fk = "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", pk = "pk_%(table_name)s" }

local function authors(metadata, version)
  local t = am.Table("authors", metadata,
    am.Column("id", am.Integer, { primary_key = true }),
    -- since version 3 the column is called full_name; the hint makes it a rename
    version >= 3 and am.Column("full_name", am.String(80), { nullable = false, info = { renamed_from = "name" } })
      or am.Column("name", am.String(80), { nullable = false }))
  if version < 4 then t:append_column(am.Column("email", am.String(120))) end
end

local function contacts(metadata)
  am.Table("contacts", metadata,
    am.Column("author_id", am.ForeignKey("authors.id", { ondelete = "CASCADE" }), { primary_key = true }),
    am.Column("email", am.String(120), { nullable = false, unique = true }))
end

local function articles(metadata, version)
  local states = version >= 5 and { "draft", "review", "published" } or { "draft", "published" }
  local t = am.Table("articles", metadata,
    am.Column("id", am.Integer, { primary_key = true }),
    am.Column("author_id", am.ForeignKey("authors.id", { ondelete = "CASCADE" }), { nullable = false }),
    am.Column("title", am.String(200), { nullable = false, index = true }),
    am.Column("state", am.Enum(states, { name = "article_state" }), { nullable = false, server_default = "draft" }))
  if version >= 2 then t:append_column(am.Column("published_at", am.DateTime)) end
end

local function tags(metadata)
  am.Table("tags", metadata, am.Column("id", am.Integer, { primary_key = true }),
    am.Column("name", am.String(40), { nullable = false, unique = true }))
  am.Table("article_tags", metadata,
    am.Column("article_id", am.ForeignKey("articles.id"), { primary_key = true }),
    am.Column("tag_id", am.ForeignKey("tags.id"), { primary_key = true }))
end

return function(version)
  local metadata = am.MetaData { naming_convention = CONVENTION }
  authors(metadata, version)
  articles(metadata, version)
  if version >= 4 then contacts(metadata) end
  if version >= 6 then tags(metadata) end
  return metadata
end
