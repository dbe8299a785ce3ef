-- A real copas loop: copas 1 of Debian 12 or, where it is in the path, copas 3 or 4.
require "reactor.under_loop" "copas"
