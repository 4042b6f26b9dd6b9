;; String ports: print and read structures back; byte vectors through pipes of the process.
(use-modules (ice-9 rdelim) (rnrs bytevectors) (ice-9 binary-ports))
(define scale (string->number (cadr (command-line))))
(define (structure n) (map (lambda (i) (list i (number->string i) (exact->inexact (/ i 4)) (make-vector 3 i))) (iota n)))
(define (round-trip data)
  (let ((text (call-with-output-string (lambda (port) (write data port)))))
    (equal? data (call-with-input-string text read))))
(do ((i 0 (+ i 1))) ((= i scale)) (display (round-trip (structure 1000))))
(newline)
(define (lines n)
  (with-output-to-string
    (lambda () (do ((i 0 (+ i 1))) ((= i n)) (display i) (newline)))))
(define (sum-of-lines text)
  (call-with-input-string text
    (lambda (port)
      (let loop ((line (read-line port)) (sum 0))
        (if (eof-object? line) sum (loop (read-line port) (+ sum (string->number line))))))))
(do ((i 0 (+ i 1))) ((= i scale)) (display (sum-of-lines (lines 5000))) (newline))
(define bytes (call-with-values open-bytevector-output-port
  (lambda (port get) (do ((i 0 (+ i 1))) ((= i (* scale 10000))) (put-u8 port (modulo i 256))) (get))))
(display (bytevector-length bytes)) (newline)
