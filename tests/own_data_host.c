/* own_data_host.c: loads a library that contains the collector, and has it check itself. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

int main(void)
{
    void *module = dlopen(MODULES "/.libs/own_data_module.so", RTLD_NOW);
    int (*check)(void) = module ? (int (*)(void))(uintptr_t)dlsym(module, "own_data_check") : NULL;
    if (!check) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    return check();
}
