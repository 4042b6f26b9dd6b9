;; trees – balanced search trees that are never changed: each insertion makes a new path to the
;; root and leaves the old tree to the collector.

(define-record-type node
  (make-node key left right height)
  node?
  (key node-key)
  (left node-left)
  (right node-right)
  (height node-height))

(define (height tree) (if tree (node-height tree) 0))

(define (join key left right)
  (make-node key left right (+ 1 (max (height left) (height right)))))

(define (rotate-right key left right)
  (join (node-key left) (node-left left) (join key (node-right left) right)))

(define (rotate-left key left right)
  (join (node-key right) (join key left (node-left right)) (node-right right)))

(define (balance key left right)
  (let ((difference (- (height left) (height right))))
    (cond ((> difference 1)
           (if (< (height (node-left left)) (height (node-right left)))
               (rotate-right key
                             (rotate-left (node-key left) (node-left left) (node-right left))
                             right)
               (rotate-right key left right)))
          ((< difference -1)
           (if (< (height (node-right right)) (height (node-left right)))
               (rotate-left key
                            left
                            (rotate-right (node-key right) (node-left right) (node-right right)))
               (rotate-left key left right)))
          (else (join key left right)))))

(define (insert tree key)
  (cond ((not tree) (make-node key #f #f 1))
        ((< key (node-key tree))
         (balance (node-key tree) (insert (node-left tree) key) (node-right tree)))
        ((> key (node-key tree))
         (balance (node-key tree) (node-left tree) (insert (node-right tree) key)))
        (else tree)))

(define (tree->list tree)
  (let walk ((tree tree) (rest '()))
    (if tree
        (walk (node-left tree) (cons (node-key tree) (walk (node-right tree) rest)))
        rest)))

(define (ordered? list)
  (or (null? list)
      (null? (cdr list))
      (and (< (car list) (cadr list)) (ordered? (cdr list)))))

(define iterations
  (let ((arguments (cdr (command-line))))
    (if (null? arguments) 25 (string->number (car arguments)))))

(define (run)
  (do ((i 0 (+ i 1))
       (key 1 (modulo (+ (* key 421) 1663) 7875))
       (tree #f (insert tree key)))
      ((= i 5000)
       (let ((keys (tree->list tree)))
         (list (length keys) (height tree) (ordered? keys) (fold-left + 0 keys))))))

(do ((i 1 (+ i 1))) ((= i iterations)) (run))

(let ((result (run)))
  (unless (equal? result '(5000 15 #t 19678875)) (error "trees: wrong result" result))
  (display "trees ") (write result) (newline))
