/* The driver that does nothing: for measuring the library alone. */
#ifndef AM_ENGINE_NULL_DRIVER_H
#define AM_ENGINE_NULL_DRIVER_H

#include "driver/driver.h"

extern const am_driver am_driver_null;

#endif
