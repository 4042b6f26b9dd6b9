;; nqueens – counts the ways to put queens on a board so that none attacks another, with lists of
;; rows as boards.

(define (attacks? row queens)
  (let loop ((queens queens) (distance 1))
    (and (pair? queens)
         (let ((other (car queens)))
           (or (= other row)
               (= (abs (- other row)) distance)
               (loop (cdr queens) (+ distance 1)))))))

(define (extensions queens size)
  (let loop ((row size) (boards '()))
    (cond ((= row 0) boards)
          ((attacks? row queens) (loop (- row 1) boards))
          (else (loop (- row 1) (cons (cons row queens) boards))))))

(define (solutions size)
  (let loop ((columns size) (boards '(())))
    (if (= columns 0)
        boards
        (loop (- columns 1)
              (append-map (lambda (queens) (extensions queens size)) boards)))))

(define iterations
  (let ((arguments (cdr (command-line))))
    (if (null? arguments) 18 (string->number (car arguments)))))

(define (run)
  (map (lambda (size) (length (solutions size))) '(5 6 7 8 9)))

(do ((i 1 (+ i 1))) ((= i iterations)) (run))

(let ((result (run)))
  (unless (equal? result '(10 4 40 92 352)) (error "nqueens: wrong result" result))
  (display "nqueens ") (write result) (newline))
