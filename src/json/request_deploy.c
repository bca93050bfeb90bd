/* SPDX-License-Identifier: Apache-2.0 */
/* `deploy` and `host.env`: names that go into files of other programs are held to the narrowest rule of those. */
#include <string.h>

#include "hf/show.h"
#include "launch/quote.h"
#include "json/request.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool fail(vp_error *error, const char *path, const char *text, const char *rule)
{
    vp_shown shown;
    return vp_fail(error, VLLMPLAN_E_RANGE, path, "\"%s\" cannot stand there: %s",
                   vp_show(&shown, vp_str_from(text)), rule);
}

static bool is_made_of(const char *text, const char *characters, size_t most)
{
    size_t length = strlen(text);
    return length > 0 && length <= most && strspn(text, characters) == length;
}

/** A label of DNS, which is also a name for docker, Compose and systemd (RFC 1123; Kubernetes, Object Names). */
static bool is_label(const char *text, size_t most, const char *more)
{
    char characters[64];
    vp_writer w;
    vp_writer_start(&w, characters, sizeof characters);
    vp_put_format(&w, LOWER DIGITS "-%s", more);
    size_t length = strlen(text);
    return is_made_of(text, characters, most) && !strchr("-.", text[0]) && !strchr("-.", text[length - 1]);
}

/** A whole path that no line of a file breaks. */
static bool is_path(const char *text) { return text[0] == '/' && !vp_text_has_control(text); }

static bool is_image(const char *text)
{
    return is_made_of(text, LOWER UPPER DIGITS "._-/:@", 512) && !strchr("-./:@", text[0]);
}

static bool is_address(const char *text)
{
    return is_made_of(text, LOWER UPPER DIGITS ".:-_", 253) && text[0] != '-';
}

static bool is_secret_file(const char *text)
{
    size_t length = strlen(text);
    return is_path(text) && !strchr("\\ ", text[length - 1]);
}

static bool is_user(const char *text)
{
    return is_made_of(text, LOWER UPPER DIGITS "_-", 31) && text[0] != '-';
}
static bool is_name(const char *text) { return is_label(text, 63, ""); }
static bool is_secret_name(const char *text) { return is_label(text, 253, "."); }
static bool is_volume(const char *text) { return text[0] == '/' ? is_path(text) : is_label(text, 63, ""); }

/** A text of `object`, NULL when it is not there. */
static bool read_text(const json_t *object, const char *key, const char *path, bool (*is)(const char *text),
                      const char *rule, const char **out, vp_error *error)
{
    *out = vp_get_text(object, key);
    return !*out || is(*out) || fail(error, path, *out, rule);
}

static bool read_mounts(const json_t *list, vp_deploy *out, vp_error *error)
{
    out->mount_count = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < out->mount_count; i++) {
        const json_t *item = json_array_get(list, i);
        vp_mount *m = &out->mounts[i];
        m->source = vp_get_text(item, "source");
        m->target = vp_get_text(item, "target");
        m->read_only = json_is_true(json_object_get(item, "read_only"));
        if (!m->source || !m->target)
            return vp_fail(error, VLLMPLAN_E_MISSING, "/deploy/mounts", "a mount has a source and a target");
        if (!is_path(m->source) || !is_path(m->target))
            return fail(error, "/deploy/mounts", is_path(m->source) ? m->target : m->source,
                        "a whole path, without control characters");
    }
    return true;
}

static bool read_ports(const json_t *list, vp_deploy *out, vp_error *error)
{
    out->port_count = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < out->port_count; i++) {
        const json_t *item = json_array_get(list, i);
        out->ports[i].host = (uint32_t)vp_get_u64(item, "host", 0);
        if (out->ports[i].host == 0)
            return vp_fail(error, VLLMPLAN_E_MISSING, "/deploy/ports",
                           "a port has the number that the host shows");
        if (!read_text(item, "address", "/deploy/ports", is_address, "an address of the host",
                       &out->ports[i].address, error))
            return false;
    }
    return true;
}

/** The texts of deploy, each with its rule. */
static bool read_texts(const json_t *object, vp_deploy *out, vp_error *error)
{
    static const char label[] = "lower-case letters, digits and '-', at most 63";
    const json_t *secrets = json_object_get(object, "secrets");
    return read_text(object, "name", "/deploy/name", is_name, label, &out->name, error) &&
           read_text(object, "namespace", "/deploy/namespace", is_name, label, &out->name_space, error) &&
           read_text(object, "image", "/deploy/image", is_image, "an image's name, tag or digest",
                     &out->image, error) &&
           read_text(object, "cache_volume", "/deploy/cache_volume", is_volume,
                     "a volume's name, or a whole path", &out->cache_volume, error) &&
           read_text(object, "head_address", "/deploy/head_address", is_address, "a host's name or address",
                     &out->head_address, error) &&
           read_text(object, "user", "/deploy/user", is_user, "the name of an account", &out->user, error) &&
           read_text(secrets, "kubernetes", "/deploy/secrets/kubernetes", is_secret_name, "a secret's name",
                     &out->secret_name, error) &&
           read_text(secrets, "file", "/deploy/secrets/file", is_secret_file, "a whole path",
                     &out->secret_file, error);
}

static vp_format read_format(const char *text)
{
    vp_str names = vp_str_from(VP_FORMAT_NAMES);
    for (unsigned format = VP_FORMAT_NONE + 1; text && format < VP_FORMAT_COUNT; format++) {
        size_t length = 0;
        while (length < names.length && names.at[length] != '|') length++;
        if (strlen(text) == length && memcmp(text, names.at, length) == 0) return (vp_format)format;
        length += length < names.length;
        names = (vp_str){names.at + length, names.length - length};
    }
    return VP_FORMAT_NONE;
}

static bool is_variable(const char *name)
{
    return is_made_of(name, LOWER UPPER DIGITS "_", 128) && !strchr(DIGITS, name[0]);
}

static bool read_variables(json_t *env, vp_deploy *out, vp_error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach(env, name, value)
    {
        if (!is_variable(name))
            return fail(error, "/host/env", name, "a variable's name has letters, digits and '_'");
        if (!json_is_string(value))
            return vp_fail(error, VLLMPLAN_E_TYPE, "/host/env", "the variable %s is not text", name);
        if (out->variable_count == VP_MAX_HOST_VARIABLES)
            return vp_fail(error, VLLMPLAN_E_LIMIT, "/host/env", "there are more than %d variables",
                           VP_MAX_HOST_VARIABLES);
        out->variables[out->variable_count++] = (vp_host_variable){name, json_string_value(value)};
    }
    return true;
}

bool vp_json_deploy(const json_t *root, vp_deploy *out, vp_error *error)
{
    const json_t *object = json_object_get(root, "deploy");
    memset(out, 0, sizeof *out);
    out->format = read_format(vp_get_text(object, "format"));
    out->shm_bytes = vp_get_u64(object, "shm_size", 0);
    out->startup_seconds = vp_get_u64(object, "startup_seconds", 0);
    out->replicas = (uint32_t)vp_get_u64(object, "replicas", 1);
    return read_texts(object, out, error) && read_mounts(json_object_get(object, "mounts"), out, error) &&
           read_ports(json_object_get(object, "ports"), out, error) &&
           read_variables(json_object_get(json_object_get(root, "host"), "env"), out, error);
}
