/* SPDX-License-Identifier: Apache-2.0 */
/* The request that the options make, in the form of the contract. */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include <stdbool.h>

#include <jansson.h>

#include "options.h"

/** The object that a part of the request is built in; made when it is not there yet. */
json_t *request_part(json_t *request, const char *name);
/** Puts the value of an option of ours where its row says. */
bool request_put(json_t *request, const option_row *row, const char *value, vllmplan_error *error);
/** Puts MODEL, as a path or a name, with the revision among the settings when the hub's is meant. */
bool request_put_model(json_t *request, const char *name, vllmplan_error *error);
/** Makes the model's path a whole one, for a server that does not start in this directory. */
void request_whole_path(json_t *request);
/** A whole request from a file; "-" is standard input. NULL with *error filled. */
json_t *request_read(const char *path, vllmplan_error *error);
/** Lays what the options say over a request from a file: members of settings, wishes and their like one
 *  by one; a list, and a new model, as a whole. */
void request_merge(json_t *base, const json_t *over, bool new_model);
/** Whether value is one of the words that are separated by '|'. */
bool request_is_word(const char *words, const char *value);

#endif
