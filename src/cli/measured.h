/* SPDX-License-Identifier: Apache-2.0 */
/* The file that explain --save writes and plan --measured reads: one entry a line, as JSON. */
#ifndef CLI_MEASURED_H
#define CLI_MEASURED_H

#include <stdbool.h>

#include <jansson.h>
#include <vllmplan/status.h>

/** Appends an entry. */
bool measured_append(const char *path, const json_t *entry, vllmplan_error *error);
/** Puts all entries of a file into the request. */
bool measured_read(const char *path, json_t *request, vllmplan_error *error);

#endif
