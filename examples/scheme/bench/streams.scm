;; streams – the sieve of Eratosthenes over streams of promises, and the Hamming numbers as a
;; stream that is defined by itself.

(define (stream-head stream count)
  (if (= count 0)
      '()
      (cons (car stream) (stream-head (force (cdr stream)) (- count 1)))))

(define (stream-item stream index)
  (if (= index 0) (car stream) (stream-item (force (cdr stream)) (- index 1))))

(define (integers-from n) (cons-stream n (integers-from (+ n 1))))

(define (stream-filter keep? stream)
  (if (keep? (car stream))
      (cons-stream (car stream) (stream-filter keep? (force (cdr stream))))
      (stream-filter keep? (force (cdr stream)))))

(define (sieve stream)
  (let ((prime (car stream)))
    (cons-stream prime
                 (sieve (stream-filter (lambda (n) (not (= 0 (remainder n prime))))
                                       (force (cdr stream)))))))

(define (scale stream factor)
  (cons-stream (* factor (car stream)) (scale (force (cdr stream)) factor)))

(define (merge a b)
  (let ((x (car a)) (y (car b)))
    (cond ((< x y) (cons-stream x (merge (force (cdr a)) b)))
          ((> x y) (cons-stream y (merge a (force (cdr b)))))
          (else (cons-stream x (merge (force (cdr a)) (force (cdr b))))))))

(define (make-hamming)
  (define hamming
    (cons-stream 1 (merge (scale hamming 2) (merge (scale hamming 3) (scale hamming 5)))))
  hamming)

(define iterations
  (let ((arguments (cdr (command-line))))
    (if (null? arguments) 25 (string->number (car arguments)))))

(define (run)
  (list (stream-item (sieve (integers-from 2)) 300)
        (stream-head (make-hamming) 12)
        (stream-item (make-hamming) 1690)))

(do ((i 1 (+ i 1))) ((= i iterations)) (run))

(let ((result (run)))
  (unless (equal? result '(1993 (1 2 3 4 5 6 8 9 10 12 15 16) 2125764000))
    (error "streams: wrong result" result))
  (display "streams ") (write result) (newline))
