/* What Swift cannot import from nghttp2 by itself: choices made by version macros, and a union without a Swift initialiser. */
#ifndef CNGHTTP2_SHIM_H
#define CNGHTTP2_SHIM_H

#include <nghttp2/nghttp2.h>

/* From 1.60.0 on, nghttp2 spells lengths as nghttp2_ssize and calls the older names deprecated. Debian 12 has 1.52.0. */
#if NGHTTP2_VERSION_NUM >= 0x013c00
typedef nghttp2_ssize cnghttp2_length;
#else
typedef ssize_t cnghttp2_length;
#endif

/* Feeds bytes from the peer. Returns how many were used, or a negative nghttp2_error. */
static inline cnghttp2_length cnghttp2_receive(nghttp2_session *session, const uint8_t *bytes, size_t count) {
#if NGHTTP2_VERSION_NUM >= 0x013c00
    return nghttp2_session_mem_recv2(session, bytes, count);
#else
    return nghttp2_session_mem_recv(session, bytes, count);
#endif
}

/* Borrows the next bytes for the peer until the next call. Returns their count, 0 for none, or a negative nghttp2_error. */
static inline cnghttp2_length cnghttp2_send(nghttp2_session *session, const uint8_t **bytes) {
#if NGHTTP2_VERSION_NUM >= 0x013c00
    return nghttp2_session_mem_send2(session, bytes);
#else
    return nghttp2_session_mem_send(session, bytes);
#endif
}

/* Tells how much of a body the next DATA frame carries; see nghttp2_data_source_read_callback. */
typedef cnghttp2_length (*cnghttp2_read_body)(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t length,
                                              uint32_t *flags, nghttp2_data_source *source, void *context);

/* Queues a request; a null read_body means a request without a body. Returns the stream's id or a negative nghttp2_error. */
static inline int32_t cnghttp2_submit_request(nghttp2_session *session, const nghttp2_nv *fields, size_t count,
                                              cnghttp2_read_body read_body) {
#if NGHTTP2_VERSION_NUM >= 0x013c00
    nghttp2_data_provider2 body = {.source = {.ptr = NULL}, .read_callback = read_body};
    return nghttp2_submit_request2(session, NULL, fields, count, read_body ? &body : NULL, NULL);
#else
    nghttp2_data_provider body = {.source = {.ptr = NULL}, .read_callback = read_body};
    return nghttp2_submit_request(session, NULL, fields, count, read_body ? &body : NULL, NULL);
#endif
}

/* Queues a response; a null read_body means a response without a body. Returns 0 or a negative nghttp2_error. */
static inline int cnghttp2_submit_response(nghttp2_session *session, int32_t stream, const nghttp2_nv *fields, size_t count,
                                           cnghttp2_read_body read_body) {
#if NGHTTP2_VERSION_NUM >= 0x013c00
    nghttp2_data_provider2 body = {.source = {.ptr = NULL}, .read_callback = read_body};
    return nghttp2_submit_response2(session, stream, fields, count, read_body ? &body : NULL);
#else
    nghttp2_data_provider body = {.source = {.ptr = NULL}, .read_callback = read_body};
    return nghttp2_submit_response(session, stream, fields, count, read_body ? &body : NULL);
#endif
}

#endif
