/* The two files are kept as text; each handshake parses its own copy, which GnuTLS releases when it is done,
 * so that the pair may be replaced at any time. */
#include "http/tls.h"

#include <pthread.h>

#include "base/buf.h"
#include "base/os.h"

#define FILE_BYTES_MAX   ((size_t)1 << 20)
#define CERTIFICATES_MAX 16

struct pair {
    struct buf certificate, key; /* PEM */
};

static struct {
    pthread_mutex_t lock; /* guards pair */
    struct pair pair;
} current = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void pair_fini(struct pair *pair)
{
    buf_fini(&pair->certificate);
    if (pair->key.p) explicit_bzero(pair->key.p, pair->key.n);
    buf_fini(&pair->key);
}

/* ---- loading ---- */

static enum err read_pem(str path, const char *what_cstr, struct buf *ret)
{
    char path_cstr[4096];
    TRY(str_to_cstr(path, path_cstr, sizeof path_cstr));
    enum err e = os_read_file(path_cstr, ret);
    if (e == OK) return OK;
    char why[300];
    snprintf(why, sizeof why, "%s", err_detail());
    return err_raise(e, "%s: %s", what_cstr, why);
}

static gnutls_datum_t datum(const struct buf *pem)
{
    return (gnutls_datum_t){(unsigned char *)pem->p, (unsigned)pem->n};
}

static const char *advice(int code)
{
    switch (code) {
    case GNUTLS_E_CERTIFICATE_KEY_MISMATCH:
        return "the key is not that of the certificate";
    case GNUTLS_E_DECRYPTION_FAILED:
        return "the key has a password; one without is needed";
    default:
        return gnutls_strerror(code);
    }
}

/* GnuTLS compares the two when they become credentials. */
static enum err check(const struct pair *pair, str certificate_path, str key_path)
{
    gnutls_certificate_credentials_t credentials;
    gnutls_datum_t certificate = datum(&pair->certificate), key = datum(&pair->key);
    if (gnutls_certificate_allocate_credentials(&credentials) != 0) {
        return err_raise(ERR_NOMEM, "no memory for a certificate");
    }
    int code = gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(credentials);
    if (code >= 0) return OK;
    return err_raise(ERR_INVALID, "tls.certificate %.*s with tls.key %.*s: %s", STR_ARG(certificate_path),
                     STR_ARG(key_path), advice(code));
}

static enum err read_pair(str certificate_path, str key_path, struct pair *ret)
{
    TRY(read_pem(certificate_path, "tls.certificate", &ret->certificate));
    TRY(read_pem(key_path, "tls.key", &ret->key));
    return check(ret, certificate_path, key_path);
}

static void swap(struct pair *pair)
{
    pthread_mutex_lock(&current.lock);
    struct pair before = current.pair;
    current.pair = *pair;
    *pair = before;
    pthread_mutex_unlock(&current.lock);
}

enum err tls_load(str certificate_path, str key_path)
{
    struct pair pair;
    buf_init(&pair.certificate, FILE_BYTES_MAX);
    buf_init(&pair.key, FILE_BYTES_MAX);
    enum err e = read_pair(certificate_path, key_path, &pair);
    if (e == OK) swap(&pair);
    pair_fini(&pair);
    return e;
}

void tls_unload(void)
{
    struct pair none = {0};
    swap(&none);
    pair_fini(&none);
}

/* ---- handshakes ---- */

static int copy_certificates(gnutls_pcert_st **ret, unsigned *ret_count)
{
    gnutls_datum_t pem = datum(&current.pair.certificate);
    unsigned count = CERTIFICATES_MAX;
    gnutls_pcert_st *list = gnutls_calloc(CERTIFICATES_MAX, sizeof *list);
    if (!list) return GNUTLS_E_MEMORY_ERROR;
    int code = gnutls_pcert_list_import_x509_raw(list, &count, &pem, GNUTLS_X509_FMT_PEM, 0);
    if (code < 0) {
        gnutls_free(list);
        return code;
    }
    *ret = list;
    *ret_count = count;
    return 0;
}

static int copy_key(gnutls_privkey_t *ret)
{
    gnutls_datum_t pem = datum(&current.pair.key);
    gnutls_privkey_t key;
    int code = gnutls_privkey_init(&key);
    if (code < 0) return code;
    code = gnutls_privkey_import_x509_raw(key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (code < 0) {
        gnutls_privkey_deinit(key);
        return code;
    }
    *ret = key;
    return 0;
}

int tls_choose(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
               gnutls_pcert_st **ret_certificates, unsigned *ret_count, gnutls_ocsp_data_st **ret_ocsp,
               unsigned *ret_ocsp_count, gnutls_privkey_t *ret_key, unsigned *flags)
{
    (void)session;
    (void)info;
    gnutls_privkey_t key = NULL;
    pthread_mutex_lock(&current.lock);
    int code = copy_key(&key);
    if (code == 0) code = copy_certificates(ret_certificates, ret_count);
    pthread_mutex_unlock(&current.lock);
    if (code != 0) {
        if (key) gnutls_privkey_deinit(key);
        return -1;
    }
    *ret_key = key;
    *ret_ocsp = NULL;
    *ret_ocsp_count = 0;
    *flags |= GNUTLS_CERT_RETR_DEINIT_ALL;
    return 0;
}
