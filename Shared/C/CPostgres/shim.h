#pragma once

#include <postgresql/libpq-fe.h>

// The driver's event loop: the C library's Swift module leaves these two headers out.
#include <sys/epoll.h>
#include <sys/eventfd.h>

// The thread's name in `top` and debuggers; a GNU extension that Swift does not see.
extern int pthread_setname_np(unsigned long thread, const char *name);
extern unsigned long pthread_self(void);
static inline void causewayNameThread(void) { pthread_setname_np(pthread_self(), "postgres"); }

// Error field codes are character macros, which Swift does not see (libpq-fe's postgres_ext.h).
static const int causewayDiagSQLState = PG_DIAG_SQLSTATE;
static const int causewayDiagMessage = PG_DIAG_MESSAGE_PRIMARY;
static const int causewayDiagDetail = PG_DIAG_MESSAGE_DETAIL;
static const int causewayDiagSchema = PG_DIAG_SCHEMA_NAME;
static const int causewayDiagTable = PG_DIAG_TABLE_NAME;
static const int causewayDiagColumn = PG_DIAG_COLUMN_NAME;
static const int causewayDiagConstraint = PG_DIAG_CONSTRAINT_NAME;

// The event's data is a union; these read and write the one member in use.
static inline struct epoll_event causewayEpollEvent(uint32_t events, uint64_t key) {
    struct epoll_event event;
    event.events = events;
    event.data.u64 = key;
    return event;
}

static inline uint64_t causewayEpollKey(const struct epoll_event *event) { return event->data.u64; }

static const uint32_t causewayEpollIn = EPOLLIN;
static const uint32_t causewayEpollOut = EPOLLOUT;
static const uint32_t causewayEpollEdge = EPOLLET;
static const int causewayEpollCloseOnExec = EPOLL_CLOEXEC;
static const int causewayEventfdFlags = EFD_NONBLOCK | EFD_CLOEXEC;
