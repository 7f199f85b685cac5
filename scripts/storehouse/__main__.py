from storehouse.cli import main

main()
