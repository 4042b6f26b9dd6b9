/*
 * prelude.c – the part of the library that is written in Scheme: the derived forms, as macros,
 * and procedures that are short in it.  Names that start with a percent sign are not for
 * programs.
 */
#include "heap.h"
#include "port.h"
#include "program.h"

/* clang-format off */
static const char *const forms[] = {
    "(define-syntax let*\n"
    "  (syntax-rules ()\n"
    "    ((_ () body ...) (let () body ...))\n"
    "    ((_ (binding rest ...) body ...) (let (binding) (let* (rest ...) body ...)))))",
    "(define-syntax when\n"
    "  (syntax-rules () ((_ test body ...) (if test (begin body ...)))))",
    "(define-syntax unless\n"
    "  (syntax-rules () ((_ test body ...) (if test (if #f #f) (begin body ...)))))",
    "(define-syntax %step\n"
    "  (syntax-rules () ((_ var) var) ((_ var step) step)))",
    "(define-syntax do\n"
    "  (syntax-rules ()\n"
    "    ((_ ((var init . step) ...) (test result ...) command ...)\n"
    "     (let loop ((var init) ...)\n"
    "       (if test\n"
    "           (begin result ...)\n"
    "           (begin command ... (loop (%step var . step) ...)))))))",
    "(define-syntax case\n"
    "  (syntax-rules (else =>)\n"
    "    ((_ (key ...) clause ...) (let ((k (key ...))) (case k clause ...)))\n"
    "    ((_ key) (if #f #f))\n"
    "    ((_ key (else => receiver)) (receiver key))\n"
    "    ((_ key (else body ...)) (begin body ...))\n"
    "    ((_ key (data => receiver) clause ...)\n"
    "     (if (memv key 'data) (receiver key) (case key clause ...)))\n"
    "    ((_ key (data body ...) clause ...)\n"
    "     (if (memv key 'data) (begin body ...) (case key clause ...)))))",
    "(define-syntax case-lambda\n"
    "  (syntax-rules ()\n"
    "    ((_ (formals body ...) ...) (%case-lambda (lambda formals body ...) ...))))",

    /* Several values */
    "(define-syntax receive\n"
    "  (syntax-rules ()\n"
    "    ((_ formals expression body ...)\n"
    "     (call-with-values (lambda () expression) (lambda formals body ...)))))",
    "(define-syntax let*-values\n"
    "  (syntax-rules ()\n"
    "    ((_ () body ...) (let () body ...))\n"
    "    ((_ ((formals expression) rest ...) body ...)\n"
    "     (receive formals expression (let*-values (rest ...) body ...)))))",

    /* All expressions are evaluated, each to a list of its values, before any variable is bound. */
    "(define-syntax let-values\n"
    "  (syntax-rules ()\n"
    "    ((_ bindings body ...) (%let-values bindings () body ...))))",
    "(define-syntax %let-values\n"
    "  (syntax-rules ()\n"
    "    ((_ () () body ...) (let () body ...))\n"
    "    ((_ () ((formals values) rest ...) body ...)\n"
    "     (apply (lambda formals (%let-values () (rest ...) body ...)) values))\n"
    "    ((_ ((formals expression) rest ...) (done ...) body ...)\n"
    "     (let ((values (receive all expression all)))\n"
    "       (%let-values (rest ...) (done ... (formals values)) body ...)))))",
    "(define-syntax define-values\n"
    "  (syntax-rules ()\n"
    "    ((_ (var ...) expression)\n"
    "     (begin (define var #f) ...\n"
    "            (define %all (receive all expression all))\n"
    "            (%set-all! %all var ...)))\n"
    "    ((_ (var ... . rest) expression)\n"
    "     (begin (define var #f) ...\n"
    "            (define rest #f)\n"
    "            (define %all (receive all expression all))\n"
    "            (%set-all! %all var ... . rest)))))",
    "(define-syntax %set-all!\n"
    "  (syntax-rules ()\n"
    "    ((_ all) (if #f #f))\n"
    "    ((_ all var . more)\n"
    "     (begin (set! var (car all)) (let ((others (cdr all))) (%set-all! others . more))))\n"
    "    ((_ all . rest) (set! rest all))))",

    /* Promises, parameters, conditions */
    "(define-syntax delay-force\n"
    "  (syntax-rules () ((_ expression) (%make-lazy-promise (lambda () expression)))))",
    "(define-syntax delay\n"
    "  (syntax-rules () ((_ expression) (delay-force (%make-done-promise expression)))))",
    "(define-syntax cons-stream\n"
    "  (syntax-rules () ((_ first rest) (cons first (delay rest)))))",
    "(define-syntax parameterize\n"
    "  (syntax-rules ()\n"
    "    ((_ ((parameter value) ...) body ...)\n"
    "     (%parameterize (list parameter ...) (list value ...) (lambda () body ...)))))",
    "(define (%parameterize parameters values thunk)\n"
    "  (let ((values (map %parameter-convert parameters values)))\n"
    "    (define (exchange!) (set! values (map %parameter-exchange! parameters values)))\n"
    "    (dynamic-wind exchange! thunk exchange!)))",
    "(define-syntax guard\n"
    "  (syntax-rules ()\n"
    "    ((_ (var clause ...) body ...)\n"
    "     (%guard (lambda () body ...) (lambda (var) (%guard-clauses var clause ...))))))",
    "(define-syntax %guard-clauses\n"
    "  (syntax-rules (else)\n"
    "    ((_ var clause ... (else body ...)) (cond clause ... (else body ...)))\n"
    "    ((_ var clause ...) (cond clause ... (else (raise-continuable var))))))",
    "(define-syntax assert\n"
    "  (syntax-rules ()\n"
    "    ((_ expression) (if expression #t (error \"assertion failed:\" 'expression)))))",

    /* Records */
    "(define-syntax define-record-type\n"
    "  (syntax-rules ()\n"
    "    ((_ name constructor predicate (field . procedures) ...)\n"
    "     (begin\n"
    "       (define name (%make-record-type 'name '(field ...)))\n"
    "       (%define-constructor name constructor (field ...))\n"
    "       (define predicate (%record-predicate name))\n"
    "       (%define-field name field . procedures) ...))))",
    "(define-syntax %define-constructor\n"
    "  (syntax-rules ()\n"
    "    ((_ type #f fields) (begin))\n"
    "    ((_ type (name field ...) fields) (define name (%record-constructor type '(field ...))))\n"
    "    ((_ type name fields) (define name (%record-constructor type 'fields)))))",
    "(define-syntax %define-field\n"
    "  (syntax-rules ()\n"
    "    ((_ type field) (begin))\n"
    "    ((_ type field accessor) (define accessor (%record-accessor type 'field)))\n"
    "    ((_ type field accessor modifier)\n"
    "     (begin (define accessor (%record-accessor type 'field))\n"
    "            (define modifier (%record-modifier type 'field))))))",

    /* Sequences */
    "(define (list-index predicate list)\n"
    "  (let loop ((list list) (index 0))\n"
    "    (cond ((null? list) #f)\n"
    "          ((predicate (car list)) index)\n"
    "          (else (loop (cdr list) (+ index 1))))))",
    "(define (find predicate list)\n"
    "  (let loop ((list list))\n"
    "    (cond ((null? list) #f)\n"
    "          ((predicate (car list)) (car list))\n"
    "          (else (loop (cdr list))))))",
    "(define (any predicate list)\n"
    "  (let loop ((list list))\n"
    "    (cond ((null? list) #f)\n"
    "          ((predicate (car list)))\n"
    "          (else (loop (cdr list))))))",
    "(define (every predicate list)\n"
    "  (let loop ((list list))\n"
    "    (cond ((null? list) #t)\n"
    "          ((predicate (car list)) (loop (cdr list)))\n"
    "          (else #f))))",
    "(define (remove predicate list)\n"
    "  (filter (lambda (item) (not (predicate item))) list))",
    "(define (delete item list)\n"
    "  (remove (lambda (other) (equal? item other)) list))",
    "(define (reduce combine default list)\n"
    "  (if (null? list) default (fold combine (car list) (cdr list))))",
    "(define (append-map procedure list)\n"
    "  (apply append (map procedure list)))",
    "(define (delete-duplicates list)\n"
    "  (let loop ((list list) (kept '()))\n"
    "    (cond ((null? list) (reverse kept))\n"
    "          ((member (car list) kept) (loop (cdr list) kept))\n"
    "          (else (loop (cdr list) (cons (car list) kept))))))",
    "(define (vector-map procedure . vectors)\n"
    "  (list->vector (apply map procedure (map vector->list vectors))))",
    "(define (vector-for-each procedure . vectors)\n"
    "  (apply for-each procedure (map vector->list vectors)))",
    "(define (string-map procedure . strings)\n"
    "  (list->string (apply map procedure (map string->list strings))))",
    "(define (string-for-each procedure . strings)\n"
    "  (apply for-each procedure (map string->list strings)))",
    "(define (string-null? string) (= (string-length string) 0))",

    /* Numbers */
    "(define (square x) (* x x))",
    "(define (1+ n) (+ n 1))",
    "(define (-1+ n) (- n 1))",
    "(define (exact-rational? x) (exact-integer? x))",
    "(define (finite? x) (rational? x))",
    "(define (infinite? x) (not (or (rational? x) (nan? x))))",

    /* Ports */
    "(define (call-with-output-string receiver)\n"
    "  (let ((port (open-output-string)))\n"
    "    (receiver port)\n"
    "    (get-output-string port)))",
    "(define (with-output-to-string thunk)\n"
    "  (let ((port (open-output-string)))\n"
    "    (parameterize ((current-output-port port)) (thunk))\n"
    "    (get-output-string port)))",
    "(define (call-with-port port receiver)\n"
    "  (let ((result (receiver port)))\n"
    "    (close-port port)\n"
    "    result))",
    "(define (call-with-input-file name receiver)\n"
    "  (call-with-port (open-input-file name) receiver))",
    "(define (call-with-output-file name receiver)\n"
    "  (call-with-port (open-output-file name) receiver))",
    "(define (with-input-from-file name thunk)\n"
    "  (call-with-input-file name\n"
    "    (lambda (port) (parameterize ((current-input-port port)) (thunk)))))",
    "(define (with-output-to-file name thunk)\n"
    "  (call-with-output-file name\n"
    "    (lambda (port) (parameterize ((current-output-port port)) (thunk)))))",
};
/* clang-format on */

void load_prelude(void)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        load_port(open_input_text(string_from_c(forms[i])));
    }
}
