#pragma once

/* libssl: what the Swift importer cannot see (macros with casts, macros that call SSL_CTX_ctrl). */

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static const uint64_t causeway_SSL_OPTIONS =
    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE;
static const long causeway_SSL_MODES = SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;

static inline int causeway_SSL_CTX_set_versions(SSL_CTX *context, int lowest, int highest) {
    return SSL_CTX_set_min_proto_version(context, lowest) == 1
        && SSL_CTX_set_max_proto_version(context, highest) == 1;
}

static inline void causeway_SSL_CTX_set_mode(SSL_CTX *context, long mode) {
    SSL_CTX_set_mode(context, mode);
}

static inline void causeway_SSL_CTX_disable_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline int causeway_SSL_CTX_set1_groups_list(SSL_CTX *context, const char *groups) {
    return SSL_CTX_set1_groups_list(context, groups) == 1;
}

static inline int causeway_SSL_CTX_add1_chain_cert(SSL_CTX *context, X509 *certificate) {
    return SSL_CTX_add1_chain_cert(context, certificate) == 1;
}

static inline void causeway_SSL_CTX_set_servername_callback(
    SSL_CTX *context, int (*callback)(SSL *, int *, void *), void *argument) {
    SSL_CTX_set_tlsext_servername_callback(context, callback);
    SSL_CTX_set_tlsext_servername_arg(context, argument);
}

static inline int causeway_SSL_set_server_name(SSL *session, const char *name) {
    return SSL_set_tlsext_host_name(session, name) == 1;
}

static inline int causeway_GENERAL_NAMES_count(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}

/* The text of a DNS name among alternative names, not terminated, or NULL. */
static inline const unsigned char *causeway_GENERAL_NAMES_dns(const GENERAL_NAMES *names, int index, int *length) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    if (name->type != GEN_DNS) return NULL;
    *length = ASN1_STRING_length(name->d.dNSName);
    return ASN1_STRING_get0_data(name->d.dNSName);
}

/* A session ticket's key, cipher and MAC at work: AES-256-CBC and HMAC-SHA-256 (RFC 5077, section 4). */
static inline int causeway_ticket_begin(
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, const unsigned char cipher_key[32], const unsigned char mac_key[32],
    const unsigned char iv[16], int is_sealing) {
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)mac_key, 32),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, params) == 1
        && EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, cipher_key, iv, is_sealing) == 1;
}

/* RFC 2253's form, which escapes control characters. */
static const unsigned long causeway_NAME_FORM = XN_FLAG_RFC2253;

static inline EVP_PKEY *causeway_EVP_PKEY_make_p256(void) {
    return EVP_EC_gen("P-256");
}

/* libssl ends here. */

/* --- libcrypto: for the Cryptography module. Functions here fill parameter arrays, which hold pointers to each other
 * and so are simplest to build on one stack frame. Each returns NULL or 0 on failure and leaves no error queued. */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

/* A keyed HMAC-SHA-256 context, to be duplicated for each message. The key must not be empty. */
static inline EVP_MAC_CTX *causeway_hmac_sha256_new(EVP_MAC *mac, const unsigned char *key, size_t length) {
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0), OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    if (context != NULL && !EVP_MAC_init(context, key, length, params)) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    ERR_clear_error();
    return context;
}

/* A P-256 key from its uncompressed point and, where not NULL, its big-endian scalar of 32 bytes. */
static inline EVP_PKEY *causeway_p256_key_new(const unsigned char point[65], const unsigned char *scalar) {
    unsigned char native[32]; /* parameters hold integers in the machine's byte order */
    OSSL_PARAM params[4];
    int count = 0;
    params[count++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0);
    params[count++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, 65);
    if (scalar != NULL) {
        for (int i = 0; i < 32; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            native[i] = scalar[31 - i];
#else
            native[i] = scalar[i];
#endif
        }
        params[count++] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, sizeof native);
    }
    params[count] = OSSL_PARAM_construct_end();

    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, scalar == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, params) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OPENSSL_cleanse(native, sizeof native);
    ERR_clear_error();
    return key;
}

/* Writes the uncompressed public point of a P-256 scalar; 0 unless 1 <= scalar < order. */
static inline int causeway_p256_public_point(const unsigned char scalar[32], unsigned char point[65]) {
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *number = BN_secure_new();
    EC_POINT *product = group == NULL ? NULL : EC_POINT_new(group);
    int done = 0;
    if (number != NULL && product != NULL && BN_bin2bn(scalar, 32, number) != NULL) {
        BN_set_flags(number, BN_FLG_CONSTTIME);
        done = !BN_is_zero(number) && BN_cmp(number, EC_GROUP_get0_order(group)) < 0 &&
               EC_POINT_mul(group, product, number, NULL, NULL, NULL) == 1 &&
               EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, point, 65, NULL) == 65;
    }
    EC_POINT_free(product);
    BN_clear_free(number);
    EC_GROUP_free(group);
    ERR_clear_error();
    return done;
}

/* --- end of libcrypto */
