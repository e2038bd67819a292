CREATE TABLE articles (
    id INT PRIMARY KEY AUTO_INCREMENT,
    title VARCHAR(255) NOT NULL,
    content TEXT NOT NULL,
    author VARCHAR(100),
    published_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FULLTEXT KEY ft_title_content (title, content),
    FULLTEXT KEY ft_title (title),
    FULLTEXT KEY ft_content (content)
) ENGINE = InnoDB;
INSERT INTO articles (title, content, author) VALUES
    ('Tuning MySQL', 'The buffer pool matters most. Measure before you change a thing.', 'Ada'),
    ('Gardening in spring', 'Plant bulbs early; water the garden in the morning.', 'Ben'),
    ('A garden database', 'How we keep the records of a botanical garden in MySQL.', 'Cleo'),
    ('Cooking beans', 'Soak beans overnight. Salt the water late.', 'Dan'),
    ('Café culture in Ålesund', 'Coffee & cake: <b>strong</b> coffee by the sea.', 'Eva'),
    ('Replication notes', 'Lag, failover and co-working of two servers.', NULL);
INSERT INTO articles (title, content, author)
    SELECT CONCAT('Filler about turnips number ', seq.n), CONCAT('turnip turnip text ', seq.n), 'Fay' FROM (
        SELECT a.d * 10 + b.d AS n FROM
        (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) a,
        (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
         UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) b) seq;
CREATE TABLE unindexed (id INT PRIMARY KEY, note TEXT) ENGINE = InnoDB;
