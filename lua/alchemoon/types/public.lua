--- The public names of the types.
return require("alchemoon.types").public
