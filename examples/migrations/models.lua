--- The models of the example, as they grow: models(version) returns their MetaData.
local am = require "alchemoon"

return function(version)
  local metadata = am.MetaData { naming_convention = {
    ix = "ix_%(column_0_label)s", uq = "uq_%(table_name)s_%(column_0_name)s",
    fk = "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s", pk = "pk_%(table_name)s" } }
  local states = version >= 2 and { "draft", "review", "published" } or { "draft", "published" }
  am.Table("authors", metadata,
    am.Column("id", am.Integer, { primary_key = true }),
    -- since version 3 the column is called full_name; the hint makes it a rename
    version >= 3 and am.Column("full_name", am.String(80), { nullable = false, info = { renamed_from = "name" } })
      or am.Column("name", am.String(80), { nullable = false }),
    am.Column("email", am.String(120), { unique = true }))
  local articles = am.Table("articles", metadata,
    am.Column("id", am.Integer, { primary_key = true }),
    am.Column("author_id", am.ForeignKey("authors.id", { ondelete = "CASCADE" }), { nullable = false }),
    am.Column("title", am.String(200), { nullable = false, index = true }),
    am.Column("state", am.Enum(states, { name = "article_state" }), { nullable = false, server_default = "draft" }))
  if version >= 2 then articles:append_column(am.Column("published_at", am.DateTime)) end
  if version >= 3 then
    am.Table("tags", metadata, am.Column("id", am.Integer, { primary_key = true }),
      am.Column("name", am.String(40), { nullable = false, unique = true }))
    am.Table("article_tags", metadata,
      am.Column("article_id", am.ForeignKey("articles.id"), { primary_key = true }),
      am.Column("tag_id", am.ForeignKey("tags.id"), { primary_key = true }))
  end
  return metadata
end
