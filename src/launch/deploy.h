/* SPDX-License-Identifier: Apache-2.0 */
/* What a request says about the place where the server will run: only renderers read it, and what it does not
 * say is a placeholder in what they write. Texts are borrowed from the request. */
#ifndef VP_LAUNCH_DEPLOY_H
#define VP_LAUNCH_DEPLOY_H

#include <stdbool.h>
#include <stdint.h>

enum {
    VP_MAX_MOUNTS = 32,
    VP_MAX_PORTS = 16,
    VP_MAX_HOST_VARIABLES = 64,
};

typedef enum vp_format {
    VP_FORMAT_NONE, /* nothing is rendered */
    VP_FORMAT_SHELL,
    VP_FORMAT_FISH,
    VP_FORMAT_POWERSHELL,
    VP_FORMAT_CMD,
    VP_FORMAT_DOCKER,
    VP_FORMAT_COMPOSE,
    VP_FORMAT_K8S,
    VP_FORMAT_SYSTEMD,
    VP_FORMAT_COUNT,
} vp_format;

/** The names above but the first, in that order. */
#define VP_FORMAT_NAMES "shell|fish|powershell|cmd|docker|compose|k8s|systemd"

/** A directory or file of the host that the container sees. */
typedef struct vp_mount {
    const char *source, *target;
    bool read_only;
} vp_mount;

/** A port of the host that leads to the server's. */
typedef struct vp_port {
    const char *address; /* of the host, or NULL: all of them */
    uint32_t host;
} vp_port;

/** A variable of the server's environment, as the request gives it. */
typedef struct vp_host_variable {
    const char *name, *value;
} vp_host_variable;

typedef struct vp_deploy {
    vp_format format;
    const char *name;         /* of the container, unit or workload; "vllm" when not given */
    const char *image;        /* or NULL */
    const char *name_space;   /* of Kubernetes, or NULL: that of whoever applies it */
    const char *cache_volume; /* volume, claim or directory for the hub's cache, or NULL */
    const char *secret_name;  /* the Kubernetes secret whose keys are the variables' names, or NULL */
    const char *secret_file;  /* NAME=VALUE lines that docker, compose and systemd read, or NULL */
    const char *head_address; /* of the first of several machines, as the others reach it; or NULL */
    const char *user;         /* the account of a systemd unit, or NULL */
    uint64_t shm_bytes;       /* 0: not given */
    uint64_t startup_seconds; /* the longest that a start may take; 0: not given */
    uint32_t replicas;        /* 1 when not given */
    vp_mount mounts[VP_MAX_MOUNTS];
    uint32_t mount_count;
    vp_port ports[VP_MAX_PORTS];
    uint32_t port_count;
    vp_host_variable variables[VP_MAX_HOST_VARIABLES]; /* host.env */
    uint32_t variable_count;
} vp_deploy;

#endif
