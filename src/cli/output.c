/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *library_run(library_call call, const json_t *request, size_t *length, vllmplan_error *error)
{
    char *text = json_dumps(request, JSON_COMPACT);
    if (!text) {
        error_from_text(VLLMPLAN_E_NO_MEMORY, NULL, error);
        return NULL;
    }
    char *out = NULL;
    int32_t status = call(text, strlen(text), CLI_ALLOW, &out, length);
    free(text);
    if (status == VLLMPLAN_OK && out) return out;
    error_from_text(status == VLLMPLAN_OK ? VLLMPLAN_E_INTERNAL : status, out, error);
    vllmplan_free(out);
    return NULL;
}

json_t *error_object(const vllmplan_error *error)
{
    return json_pack("{s:i, s:s, s:s, s:s}", "code", (int)error->code, "name",
                     vllmplan_status_name(error->code), "path", error->path, "message", error->message);
}

/** A copy that ends between two UTF-8 sequences, so that what is cut is still text. */
static void copy_cut(char *to, size_t room, const char *from)
{
    size_t n = strlen(from);
    if (n >= room) {
        n = room - 1;
        while (n > 0 && ((unsigned char)from[n] & 0xc0) == 0x80) n--;
    }
    memcpy(to, from, n);
    to[n] = '\0';
}

void error_from_text(int32_t status, const char *text, vllmplan_error *error)
{
    json_t *root = text ? json_loads(text, 0, NULL) : NULL;
    const json_t *object = json_object_get(root, "error");
    const char *path = json_string_value(json_object_get(object, "path"));
    const char *message = json_string_value(json_object_get(object, "message"));
    if (!message)
        message =
            status == VLLMPLAN_E_NO_MEMORY ? "there is not enough memory" : "the library gave no reason";
    error->code = status;
    copy_cut(error->path, sizeof error->path, path ? path : "");
    copy_cut(error->message, sizeof error->message, message);
    json_decref(root);
}

int error_exit_status(int32_t code)
{
    switch (code) {
    case VLLMPLAN_E_NO_MEMORY:
    case VLLMPLAN_E_MISUSE:
    case VLLMPLAN_E_ABI:
    case VLLMPLAN_E_INTERNAL:
        return EXIT_FAULT;
    default:
        return EXIT_REQUEST;
    }
}

int error_report(const vllmplan_error *error, bool as_json)
{
    if (as_json) {
        json_t *root = json_pack("{s:o}", "error", error_object(error));
        char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
        if (text) output_text(text, strlen(text));
        free(text);
        json_decref(root);
    } else {
        cli_text message = {0};
        text_put_plain(&message, error->message);
        if (error->path[0]) {
            text_put(&message, " (");
            text_put_plain(&message, error->path);
            text_put_char(&message, ')');
        }
        fprintf(stderr, "vllmplan: %s\n", text_get(&message));
        text_free(&message);
    }
    return error_exit_status(error->code);
}

/* The errno of the first write that failed; later calls would overwrite it. */
static int write_error;

void output_bytes(const char *text, size_t length)
{
    errno = 0;
    if (fwrite(text, 1, length, stdout) != length && write_error == 0) write_error = errno ? errno : EIO;
}

void output_text(const char *text, size_t length)
{
    output_bytes(text, length);
    if (length == 0 || text[length - 1] != '\n') output_bytes("\n", 1);
}

bool output_flush(void)
{
    errno = 0;
    if (fflush(stdout) != 0 && write_error == 0) write_error = errno ? errno : EIO;
    return write_error == 0;
}

int output_finish(int exit_status)
{
    errno = 0;
    /* what was buffered is written here: a full disk may show only now */
    if (fclose(stdout) != 0 && write_error == 0) write_error = errno ? errno : EIO;
    /* a reader that left early, such as head, is no failure of ours */
    if (write_error == 0 || write_error == EPIPE) return exit_status;
    fprintf(stderr, "vllmplan: the output could not be written: %s\n", strerror(write_error));
    return EXIT_FAULT;
}
