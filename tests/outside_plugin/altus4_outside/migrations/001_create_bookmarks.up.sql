CREATE TABLE outside_bookmarks (id INT PRIMARY KEY, user_id CHAR(36) NOT NULL, page VARCHAR(100) NOT NULL);
