-- The project's Lua runs on 5.1, 5.3, 5.4 and LuaJIT: only what all of them have, and no globals.
std = "max"
max_line_length = 120
exclude_files = { "build", ".bench" }
files["spec"] = { std = "max+busted" }
files["lua/alchemoon/meta"] = { only = {} } -- declarations for editors
