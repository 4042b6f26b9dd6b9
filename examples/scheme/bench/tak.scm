;; tak – Takeuchi's function, with numbers and with lists that are as long as the numbers.

(define (tak x y z)
  (if (not (< y x))
      z
      (tak (tak (- x 1) y z)
           (tak (- y 1) z x)
           (tak (- z 1) x y))))

(define (shorter? a b)
  (and (pair? b)
       (or (null? a) (shorter? (cdr a) (cdr b)))))

(define (count-down n)
  (if (= n 0) '() (cons n (count-down (- n 1)))))

(define (list-tak x y z)
  (if (not (shorter? y x))
      z
      (list-tak (list-tak (cdr x) y z)
                (list-tak (cdr y) z x)
                (list-tak (cdr z) x y))))

(define iterations
  (let ((arguments (cdr (command-line))))
    (if (null? arguments) 100 (string->number (car arguments)))))

(define (run)
  (list (tak 18 12 6)
        (length (list-tak (count-down 14) (count-down 10) (count-down 6)))))

(do ((i 1 (+ i 1))) ((= i iterations)) (run))

(let ((result (run)))
  (unless (equal? result '(7 7)) (error "tak: wrong result" result))
  (display "tak ") (write result) (newline))
