/* SPDX-License-Identifier: Apache-2.0 */
/* One plan as something that starts it: a script, a container, a workload, a unit. What is not known stands
 * there as a placeholder and is listed. Nothing here runs anything. */
#ifndef VP_LAUNCH_RENDER_H
#define VP_LAUNCH_RENDER_H

#include "launch/env.h"
#include "launch/nodes.h"

enum { VP_MAX_PLACEHOLDERS = 8 };

/** Where the hub's cache is in a container that runs as root, as vLLM's own image does (HF_HOME not set). */
#define VP_HUB_CACHE "/root/.cache/huggingface"

/** A word in the text that somebody has to replace. */
typedef struct vp_placeholder {
    const char *word;
    const char *path; /* of the request's member that would have said it */
    const char *text;
} vp_placeholder;

typedef struct vp_rendered {
    const char *format;
    const char *text;                  /* in the arena */
    vp_argv commands[VP_MAX_LAUNCHES]; /* of docker: the words of each command */
    uint32_t command_count;
    vp_placeholder placeholders[VP_MAX_PLACEHOLDERS];
    uint32_t placeholder_count;
} vp_rendered;

/** What is rendered. */
typedef struct vp_render_from {
    const vp_plan *plan;
    const vp_launches *launches;
    const vp_env *env;
    const vp_deploy *deploy;
    const char *model_path; /* the directory that the arguments name, or NULL: a name of the hub */
} vp_render_from;

/** Where a client asks for the server's health, by the settings of a plan. */
typedef struct vp_endpoint {
    uint64_t port;
    bool https;
    bool hidden; /* a Unix socket, or a port that the system chooses: nobody knows where to ask */
} vp_endpoint;

vp_endpoint vp_endpoint_of(const vp_plan *plan);

/** Renders in deploy->format. False when that format cannot say it (VLLMPLAN_E_RANGE, VLLMPLAN_E_UNSUPPORTED) or
 *  the arena is too small. */
bool vp_render(const vp_render_from *from, vp_arena *arena, vp_rendered *out, vp_error *error);

/** A renderer's own view: where to write, and what it has to list. */
typedef struct vp_renderer {
    const vp_render_from *from;
    vp_writer *w;
    vp_arena *arena;
    vp_rendered *out;
    vp_error *error;
} vp_renderer;

/** The word, which is listed once; for use in place of what is not known. */
const char *vp_placeholder_put(vp_renderer *r, const char *word, const char *path, const char *text);
/** "PLACEHOLDER_IMAGE", or the image. */
const char *vp_render_image(vp_renderer *r);
/** Whether the server starts processes that share memory. */
bool vp_render_shares_memory(const vp_render_from *from);
/** A placeholder for the size of that memory. */
const char *vp_render_shm(vp_renderer *r);
/** "127.0.0.1:80:8000", as docker and Compose write a port. */
const char *vp_render_port(vp_renderer *r, const vp_port *port);
/** The name of the workload. */
const char *vp_render_name(const vp_render_from *from);
/** The directory of the host that has to be mounted where the arguments name it, or NULL: one of the mounts holds
 *  it, or the model is no whole path. */
const char *vp_render_model_source(vp_renderer *r);
bool vp_render_has_secrets(const vp_render_from *from);
/** The Python expression that asks for the server's health. */
const char *vp_render_health(vp_renderer *r);
/** Refuses what runs Ray beside the server: a container is one program. */
bool vp_render_one_program(vp_renderer *r);

bool vp_render_shell(vp_renderer *r); /* the four shells */
bool vp_render_docker(vp_renderer *r);
bool vp_render_compose(vp_renderer *r);
bool vp_render_k8s(vp_renderer *r);
bool vp_render_systemd(vp_renderer *r);

#endif
