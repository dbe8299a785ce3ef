-- The interpreter that runs this spec, as a command of the shell: for specs that start programs of ours.
--
-- Under make asan the sanitizer has to be loaded first; children do not inherit it, so the command brings it along.
local lfs = require "lfs"

local preload = os.getenv "ALCHEMOON_PRELOAD"
local program = lfs.symlinkattributes("/proc/self/exe", "target")

return preload and ("LD_PRELOAD='%s' %s"):format(preload, program) or program
