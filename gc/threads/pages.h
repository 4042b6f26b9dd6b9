/* pages.h: which pages of a range exist, for maps-linux.c. */
#ifndef SPANGC_PAGES_H
#define SPANGC_PAGES_H

#include "threads/maps.h"

/* Visits the parts of a readable range whose pages exist, neighbours together. */
void pages_visit_present(uintptr_t low, uintptr_t high, range_visitor visit, void *argument);

/* Visits copies of what can be read, by a call that fails where nothing is mapped. With
 * `up_to_hole` it ends at the first page that cannot be read, and true means that there was one. */
bool pages_visit_copies(uintptr_t low, uintptr_t high, bool up_to_hole, range_visitor visit,
                        void *argument);

#endif
