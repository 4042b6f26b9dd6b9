/* tlslib.c: a library with thread-local variables, for roots_tls.c. Built twice: with blocks made
 * at need, and with blocks at a fixed distance from the thread pointer. Loaded in many copies.
 *
 * The slots may lie behind a large array, so that a block is longer than a piece that is copied.
 */
enum { slots = 64, padding_bytes = TLSLIB_PADDING };

static __thread struct {
    char padding[padding_bytes];
    void *volatile held[slots];
} block;

void tlslib_hold(int slot, void *object);

void tlslib_hold(int slot, void *object)
{
    block.held[slot] = object;
}
