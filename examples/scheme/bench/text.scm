;; text – builds a text from words, breaks it into lines, justifies those, and takes the lines
;; apart again to check that no word was lost.

(define words
  (list->vector
   (map symbol->string
        '(the old collector walked slowly along the edge of a heap and marked whatever it
          found there so that nobody would ever lose a thing that somebody still held))))

(define (make-words count)
  (let loop ((i 0) (seed 7) (list '()))
    (if (= i count)
        (reverse list)
        (loop (+ i 1)
              (modulo (+ (* seed 1103) 12345) 65536)
              (cons (vector-ref words (modulo seed (vector-length words))) list)))))

;; Splits at spaces; several in a row count as one.
(define (split text)
  (let ((end (string-length text)))
    (let loop ((i 0) (start 0) (parts '()))
      (define (with-part)
        (if (< start i) (cons (substring text start i) parts) parts))
      (cond ((= i end) (reverse (with-part)))
            ((char=? (string-ref text i) #\space) (loop (+ i 1) (+ i 1) (with-part)))
            (else (loop (+ i 1) start parts))))))

;; Groups words to lines of at most `width` characters.
(define (break-lines words width)
  (let loop ((words words) (line '()) (used 0) (lines '()))
    (define (with-line) (cons (reverse line) lines))
    (if (null? words)
        (reverse (if (null? line) lines (with-line)))
        (let* ((word (car words)) (need (+ used 1 (string-length word))))
          (if (and (pair? line) (> need width))
              (loop words '() 0 (with-line))
              (loop (cdr words) (cons word line) need lines))))))

(define (justify line width)
  (let* ((letters (fold-left (lambda (sum word) (+ sum (string-length word))) 0 line))
         (gaps (max 1 (- (length line) 1)))
         (spaces (- width letters))
         (port (open-output-string)))
    (let loop ((rest line) (i 0))
      (write-string (car rest) port)
      (when (pair? (cdr rest))
        (write-string
         (make-string (- (quotient (* spaces (+ i 1)) gaps) (quotient (* spaces i) gaps)) #\space)
         port)
        (loop (cdr rest) (+ i 1))))
    (get-output-string port)))

(define iterations
  (let ((arguments (cdr (command-line))))
    (if (null? arguments) 140 (string->number (car arguments)))))

(define (run)
  (let* ((words (make-words 2000))
         (text (string-join words " "))
         (lines (map (lambda (line) (justify line 72)) (break-lines (split text) 72)))
         (again (append-map split lines)))
    (list (length lines) (string-length text) (equal? words again)
          (string-upcase (substring (car lines) 0 20)))))

(do ((i 1 (+ i 1))) ((= i iterations)) (run))

(let ((result (run)))
  (unless (equal? result '(154 10654 #t "EDGE STILL WALKED  T")) (error "text: wrong result" result))
  (display "text ") (write result) (newline))
