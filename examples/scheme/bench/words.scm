;; words – hash tables: counts made-up words, groups them by their letters, and drops most again.

(define (make-word n)
  (let loop ((n n) (letters '()))
    (if (< n 5)
        (list->string (cons (string-ref "aeiou" n) letters))
        (loop (quotient n 7)
              (cons (string-ref "bdfklmn" (modulo n 7)) letters)))))

(define (next seed) (modulo (+ (* seed 7141) 54773) 259200))

(define (count-words total)
  (let ((counts (make-hash-table)))
    (do ((i 0 (+ i 1)) (seed 1 (next seed)))
        ((= i total) counts)
      (hash-table-update!/default counts (make-word (modulo seed 4000)) 1+ 0))))

(define (signature word)
  (list->string (sort (string->list word) char<?)))

(define (group-words counts)
  (let ((groups (make-hash-table)))
    (hash-table-walk counts
      (lambda (word count)
        (hash-table-update!/default groups (signature word)
                                    (lambda (group) (cons word group)) '())))
    groups))

(define (largest-group groups)
  (fold-left max 0 (map length (hash-table-values groups))))

(define (drop-rare! counts limit)
  (for-each (lambda (entry)
              (when (< (cdr entry) limit)
                (hash-table-delete! counts (car entry))))
            (hash-table->alist counts)))

(define iterations
  (let ((arguments (cdr (command-line))))
    (if (null? arguments) 30 (string->number (car arguments)))))

(define (run)
  (let* ((counts (count-words 20000))
         (distinct (hash-table-count counts))
         (groups (group-words counts)))
    (drop-rare! counts 6)
    (list distinct (hash-table-count groups) (largest-group groups)
          (hash-table-count counts)
          (fold-left + 0 (hash-table-values counts)))))

(do ((i 1 (+ i 1))) ((= i iterations)) (run))

(let ((result (run)))
  (unless (equal? result '(4000 880 24 1647 11186)) (error "words: wrong result" result))
  (display "words ") (write result) (newline))
