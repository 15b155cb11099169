/* Owns what is said of sources that the index already there has, and the new one will not. */
#ifndef LODE_LIB_GONE_H
#define LODE_LIB_GONE_H

#include "building.h"

/* Once the inputs are collected, and before what is there is replaced. */
void lode_gone_tell(const struct lode_building *b);

#endif
