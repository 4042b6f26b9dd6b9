;; destruct – surgery on lists that share no structure: cells are cut out, spliced in elsewhere,
;; and dropped; what remains is kept in order all the time.

(define (make-row length)
  (let loop ((i length) (row '()))
    (if (= i 0) row (loop (- i 1) (cons i row)))))

;; Cuts the list after `count` cells; answers the rest.
(define (cut! list count)
  (if (= count 1)
      (let ((rest (cdr list)))
        (set-cdr! list '())
        rest)
      (cut! (cdr list) (- count 1))))

;; Merges two ordered lists in place.
(define (merge! a b)
  (let ((head (list #f)))
    (let loop ((last head) (a a) (b b))
      (cond ((null? a) (set-cdr! last b))
            ((null? b) (set-cdr! last a))
            ((<= (car a) (car b)) (set-cdr! last a) (loop a (cdr a) b))
            (else (set-cdr! last b) (loop b a (cdr b)))))
    (cdr head)))

;; Replaces every cell by two that share its number between them.
(define (split-cells! list)
  (let loop ((cell list))
    (if (pair? cell)
        (let* ((n (car cell)) (half (quotient n 2)) (next (cdr cell)))
          (set-car! cell half)
          (set-cdr! cell (cons (- n half) next))
          (loop next))))
  list)

(define (reverse-cells! list)
  (let loop ((list list) (done '()))
    (if (null? list)
        done
        (let ((next (cdr list)))
          (set-cdr! list done)
          (loop next list)))))

(define (sum list) (fold-left + 0 list))

(define (operate length rounds)
  (let loop ((rounds rounds) (row (make-row length)) (checksum 0))
    (if (= rounds 0)
        (list (sum row) checksum)
        (let* ((rest (cut! row (quotient length 2)))
               (merged (merge! row (merge! rest (make-row length))))
               (surplus (cut! merged length))
               (split (split-cells! surplus)))
          (loop (- rounds 1)
                (merge! (reverse-cells! (reverse-cells! merged)) '())
                (modulo (+ (* checksum 31) (sum split)) 1000003))))))

(define iterations
  (let ((arguments (cdr (command-line))))
    (if (null? arguments) 200 (string->number (car arguments)))))

(define (run) (operate 300 20))

(do ((i 1 (+ i 1))) ((= i iterations)) (run))

(let ((result (run)))
  (unless (equal? result '(2295 891330)) (error "destruct: wrong result" result))
  (display "destruct ") (write result) (newline))
