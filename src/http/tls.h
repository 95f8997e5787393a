/* The certificate that TLS connections are offered, and its replacement while the server runs.
 *
 * libmicrohttpd does TLS with GnuTLS and gives the callback that chooses a certificate no context, so there
 * is one certificate a process.
 */
#ifndef ENRICHD_HTTP_TLS_H
#define ENRICHD_HTTP_TLS_H

#include <gnutls/abstract.h>

#include "base/str.h"

/* TLS 1.2 and 1.3 with ciphers of 128 bits or more, in GnuTLS's language. */
#define TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* Reads a certificate, followed by those between it and the root if there are any, and its private key
 * without a password, both PEM. From then on new connections get it. On failure the one before stays:
 * ERR_NOT_FOUND, ERR_IO a file cannot be read; ERR_INVALID it holds something else, or the two do not belong
 * together; err_detail() says which and why. Any thread. */
enum err tls_load(str certificate_path, str key_path) MUST_USE;

/* Forgets the certificate; no connection is open any more. Does nothing without one. */
void tls_unload(void);

/* For MHD_OPTION_HTTPS_CERT_CALLBACK2. */
gnutls_certificate_retrieve_function3 tls_choose;

#endif
