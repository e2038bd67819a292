CREATE TABLE products (
    id INT PRIMARY KEY AUTO_INCREMENT,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    category VARCHAR(100),
    price DECIMAL(10,2),
    FULLTEXT KEY ft_name_description (name, description),
    FULLTEXT KEY ft_name (name)
) ENGINE = InnoDB;
INSERT INTO products (name, description, category, price) VALUES
    ('Garden hose', 'Twenty metres of green hose for the garden.', 'outdoor', 24.90),
    ('Watering can', 'Holds nine litres; for garden and balcony.', 'outdoor', 12.00),
    ('Coffee grinder', 'Grinds coffee evenly.', 'kitchen', 89.00),
    ('Database poster', 'MySQL index structures on a wall.', 'office', 9.99);
