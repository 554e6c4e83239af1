#pragma once

#include <curl/curl.h>

/* libcurl's setter and getter are variadic, which Swift cannot call: one typed function for each kind of value. */

static inline CURLcode causeway_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode causeway_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode causeway_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode causeway_curl_set_reader(
    CURL *handle, size_t (*reader)(char *, size_t, size_t, void *), void *argument) {
    CURLcode result = curl_easy_setopt(handle, CURLOPT_READFUNCTION, reader);
    return result == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_READDATA, argument) : result;
}

/* The bytes are copied. */
static inline CURLcode causeway_curl_set_authorities(CURL *handle, const void *pem, size_t length) {
    struct curl_blob blob = {.data = (void *)pem, .len = length, .flags = CURL_BLOB_COPY};
    return curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob);
}

static inline long causeway_curl_response_code(CURL *handle) {
    long code = 0;
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK ? code : 0;
}

static inline CURLcode causeway_curl_global_init(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT);
}

static const long causeway_CURL_USE_TLS = CURLUSESSL_ALL;
static const long causeway_CURL_USE_PLAIN = CURLUSESSL_NONE;
static const long causeway_CURL_TLS12_OR_LATER = CURL_SSLVERSION_TLSv1_2;
