;; Interpreted: lists, closures, vectors, strings, big integers, hash tables, sorting.
(use-modules (ice-9 format) (srfi srfi-1))

(define (tree depth)
  (if (zero? depth) '() (cons (tree (- depth 1)) (tree (- depth 1)))))
(define (nodes t)
  (if (null? t) 1 (+ (nodes (car t)) (nodes (cdr t)))))

(define (primes limit)
  (let ((sieve (make-vector (+ limit 1) #t)))
    (let loop ((n 2) (found '()))
      (cond ((> n limit) (reverse found))
            ((vector-ref sieve n)
             (do ((m (* n n) (+ m n))) ((> m limit)) (vector-set! sieve m #f))
             (loop (+ n 1) (cons n found)))
            (else (loop (+ n 1) found))))))

(define (factorial n) (if (zero? n) 1 (* n (factorial (- n 1)))))

(define (words n)
  (let ((table (make-hash-table)))
    (do ((i 0 (+ i 1))) ((= i n))
      (let ((key (string-append "word" (number->string (modulo (* i 7919) 1009)))))
        (hash-set! table key (cons i (hash-ref table key '())))))
    (sort (hash-map->list (lambda (key value) (cons key (length value))) table)
          (lambda (a b) (string<? (car a) (car b))))))

(define scale (string->number (cadr (command-line))))
(do ((i 0 (+ i 1))) ((= i scale)) (format #t "tree ~a: ~a\n" i (nodes (tree 12))))
(format #t "primes: ~a\n" (apply + (primes (* scale 2000))))
(format #t "digits of 1000!: ~a\n" (string-length (number->string (factorial 1000))))
(for-each (lambda (entry) (format #t "~a ~a\n" (car entry) (cdr entry)))
          (take (words (* scale 3000)) 20))
(format #t "fold: ~a\n"
        (fold + 0 (map (lambda (x) (* x x)) (filter even? (iota (* scale 4000))))))
