/* Calls one function of a compiled library with the arrays of a file, and prints FNV-1a of all of them afterwards.
   fly_elsewhere LIBRARY FUNCTION FILE; the file: arrays, then of each: axes, sizes, bytes, contents (int64, little). */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef _WIN32
#include <windows.h>
static void *find(const char *file, const char *name) {
    return (void *)(intptr_t)GetProcAddress(LoadLibraryA(file), name);
}
#else
#include <dlfcn.h>
static void *find(const char *file, const char *name) {
    void *library = dlopen(file, RTLD_NOW);
    return library ? dlsym(library, name) : NULL;
}
#endif

static int64_t word(FILE *file) {
    int64_t value = 0;
    if (fread(&value, sizeof value, 1, file) != 1) exit(2);
    return value;
}

int main(int count, char **given) {
    if (count != 4) return 2;
    int64_t (*function)(const int64_t *) = (int64_t(*)(const int64_t *))(intptr_t)find(given[1], given[2]);
    FILE *file = fopen(given[3], "rb");
    if (!function || !file) return 3;
    int64_t block[64], bytes[16], at = 0, arrays = word(file);
    unsigned char *memory[16];
    for (int64_t k = 0; k < arrays; k++) {
        int64_t axes = word(file), first = at++;
        while (axes-- > 0) block[at++] = word(file);
        bytes[k] = word(file);
        memory[k] = malloc((size_t)bytes[k]);
        if (fread(memory[k], 1, (size_t)bytes[k], file) != (size_t)bytes[k]) return 4;
        block[first] = (int64_t)(intptr_t)memory[k];
    }
    function(block);
    uint64_t digest = 14695981039346656037u;
    for (int64_t k = 0; k < arrays; k++)
        for (int64_t b = 0; b < bytes[k]; b++) digest = (digest ^ memory[k][b]) * 1099511628211u;
    printf("%016" PRIx64 "\n", digest);
    return 0;
}
